// Zip archives in memory: as much of the format as NumPy's .npz uses.
// Source: PKWARE APPNOTE.TXT 6.3.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace pantomime::formats {

enum class ZipMethod { Stored, Deflated };

/// Members of an archive by name; only those for which `want(name)` is true (all, when it is
/// empty). Sizes written in the file are never trusted: all members together may unpack to
/// `max_bytes` at most. `name` is used in errors. Throws ParseError for a broken structure,
/// encryption, Zip64, methods other than stored and deflated, a wrong checksum, a name used twice,
/// or too much data.
std::map<std::string, std::string> parse_zip(
    std::string_view bytes, const std::string& name, uint64_t max_bytes,
    const std::function<bool(std::string_view)>& want = {});

/// An archive of these members. Same content gives the same bytes: members are in the order of
/// their names and the time stamps are zip's zero, 1 January 1980. Throws Error at 4 GiB.
std::string to_zip(const std::map<std::string, std::string>& members, ZipMethod method);

}  // namespace pantomime::formats
