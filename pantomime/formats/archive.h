// Archives of data sets (.tar, .tar.zst, .tar.gz, .tar.xz, .tar.bz2, .zip), read as a stream:
// nothing is unpacked to the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace pantomime::formats {

/// What an archive from a stranger may cost.
struct ArchiveLimits {
  uint64_t entry_bytes = uint64_t{256} << 20;  ///< of one unpacked file
  uint64_t total_bytes = uint64_t{64} << 30;   ///< of all unpacked files together
  int64_t entries = 4'000'000;
};

/// True when the name ends like an archive that read_archive() takes.
bool is_archive_name(const std::filesystem::path& path);

/// Decides by its name (relative, "/" between folders) whether an entry is unpacked.
using WantEntry = std::function<bool(const std::string& name)>;
/// Takes one unpacked entry; false stops the reading.
using TakeEntry = std::function<bool(const std::string& name, std::string&& content)>;

/// Goes through an archive in its own order and hands over the regular files that `want` accepts.
/// Links, devices and names that leave the archive ("/x", "../x") are never handed over. Throws
/// Error naming the archive (and entry) for damaged bytes, encryption, or a limit reached.
void read_archive(const std::filesystem::path& path, const WantEntry& want, const TakeEntry& take,
                  const ArchiveLimits& limits = {});

/// The content of one compressed file (.zst, .gz, .xz, .bz2), whatever its name; bytes that are not
/// compressed come back as they are. Throws ParseError naming `name` for damaged bytes or more than
/// `max_bytes`.
std::string decompressed(std::string_view bytes, const std::string& name,
                         uint64_t max_bytes = uint64_t{1} << 30);

}  // namespace pantomime::formats
