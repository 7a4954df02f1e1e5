#include "pantomime/formats/zip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22;
constexpr uint64_t kMaxArchive = 0xffffffffULL - 1;  // beyond: Zip64

/// Little-endian reads that may not leave the file.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  uint64_t number(uint64_t at, size_t size) const {
    const std::string_view part = range(at, size, "zip header");
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(part[i]);
    return value;
  }
  std::string_view range(uint64_t at, uint64_t size, std::string_view what) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      fail_at_byte(name_, at, "{} of {} bytes, the file ends at {}", what, size, bytes_.size());
    return bytes_.substr(at, size);
  }
  const std::string& name() const { return name_; }
  size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  const std::string& name_;
};

/// Where the end record is: the last one whose comment reaches exactly to the end of the file.
uint64_t find_end(const Reader& file) {
  for (size_t comment = 0; comment <= 0xffff && kEndSize + comment <= file.size(); ++comment) {
    const uint64_t at = file.size() - kEndSize - comment;
    if (file.number(at, 4) == kEnd && file.number(at + 20, 2) == comment) return at;
  }
  fail_at_byte(file.name(), 0, "no zip end record, expected a zip archive");
}

struct Member {
  uint64_t method, crc, packed_size, size, local;
  std::string_view name;
};

uint32_t checksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Raw deflate data; more than `size` bytes is an error, and nothing is allocated ahead of the
/// data.
std::string inflate_member(std::string_view packed, const Member& member, const Reader& file) {
  std::string out;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) fail("{}: no memory", file.name());
  std::array<char, 65536> buffer;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int status = Z_OK;
  while (status == Z_OK && out.size() <= member.size) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  const bool all_used = stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > member.size)
    fail_at_byte(file.name(), member.local, "\"{}\" unpacks to more than its {} bytes", member.name,
                 member.size);
  if (status != Z_STREAM_END || !all_used)
    fail_at_byte(file.name(), member.local, "\"{}\": broken deflate data", member.name);
  return out;
}

std::string unpack(const Member& member, const Reader& file) {
  if (file.number(member.local, 4) != kLocalHeader)
    fail_at_byte(file.name(), member.local, "no local header of \"{}\"", member.name);
  const uint64_t name_size = file.number(member.local + 26, 2);
  const uint64_t extra_size = file.number(member.local + 28, 2);
  if (file.range(member.local + kLocalSize, name_size, "zip name") != member.name)
    fail_at_byte(file.name(), member.local, "local header is not that of \"{}\"", member.name);
  const std::string_view packed = file.range(member.local + kLocalSize + name_size + extra_size,
                                             member.packed_size, "zip member");
  std::string out;
  if (member.method == 0) {
    out = packed;
  } else if (member.method == 8) {
    out = inflate_member(packed, member, file);
  } else {
    fail_at_byte(file.name(), member.local,
                 "\"{}\": compression method {}, expected 0 (stored) or 8 (deflated)", member.name,
                 member.method);
  }
  if (out.size() != member.size)
    fail_at_byte(file.name(), member.local, "\"{}\" unpacks to {} bytes, expected {}", member.name,
                 out.size(), member.size);
  if (checksum(out) != member.crc)
    fail_at_byte(file.name(), member.local, "\"{}\": wrong checksum", member.name);
  return out;
}

void append(std::string& out, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::string deflate_member(const std::string& bytes) {
  z_stream stream{};
  PANTOMIME_CHECK(deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                  "zip: no memory");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  const uLong size = stream.total_out;
  deflateEnd(&stream);
  PANTOMIME_CHECK(status == Z_STREAM_END, "zip: deflate failed with {}", status);
  out.resize(size);
  return out;
}

}  // namespace

std::map<std::string, std::string> parse_zip(std::string_view bytes, const std::string& name,
                                             uint64_t max_bytes,
                                             const std::function<bool(std::string_view)>& want) {
  const Reader file(bytes, name);
  const uint64_t end = find_end(file);
  const uint64_t count = file.number(end + 10, 2);
  const uint64_t directory_size = file.number(end + 12, 4);
  const uint64_t directory = file.number(end + 16, 4);
  if (directory == 0xffffffff || directory_size == 0xffffffff || count == 0xffff)
    fail_at_byte(name, end, "Zip64 archive, only archives below 4 GiB are read");
  if (file.number(end + 4, 4) != 0 || file.number(end + 8, 2) != count)
    fail_at_byte(name, end, "zip archive in several parts");
  if (directory > end || directory_size != end - directory)
    fail_at_byte(name, end, "zip directory of {} bytes at {}, expected to end at {}",
                 directory_size, directory, end);

  std::map<std::string, std::string> out;
  std::map<std::string_view, uint64_t> seen;
  uint64_t total = 0, at = directory;
  for (uint64_t i = 0; i < count; ++i) {
    if (file.number(at, 4) != kCentralHeader)
      fail_at_byte(name, at, "no zip directory entry {} of {}", i + 1, count);
    Member member{};
    const uint64_t flags = file.number(at + 8, 2);
    member.method = file.number(at + 10, 2);
    member.crc = file.number(at + 16, 4);
    member.packed_size = file.number(at + 20, 4);
    member.size = file.number(at + 24, 4);
    const uint64_t name_size = file.number(at + 28, 2);
    member.local = file.number(at + 42, 4);
    member.name = file.range(at + kCentralSize, name_size, "zip name");
    if (!seen.emplace(member.name, at).second)
      fail_at_byte(name, at, "two members are called \"{}\"", member.name);
    at += kCentralSize + name_size + file.number(at + 30, 2) + file.number(at + 32, 2);
    if (want && !want(member.name)) continue;
    if ((flags & 1) != 0) fail_at_byte(name, at, "\"{}\" is encrypted", member.name);
    if (member.size == 0xffffffff || member.packed_size == 0xffffffff)
      fail_at_byte(name, at, "\"{}\" uses Zip64, only members below 4 GiB are read", member.name);
    if (member.size > max_bytes - total)
      fail_at_byte(name, at, "\"{}\" unpacks to {} bytes, at most {} are read", member.name,
                   member.size, max_bytes - total);
    total += member.size;
    out[std::string(member.name)] = unpack(member, file);
  }
  if (at != end) fail_at_byte(name, at, "zip directory goes on after {} entries", count);
  return out;
}

std::string to_zip(const std::map<std::string, std::string>& members, ZipMethod method) {
  PANTOMIME_CHECK(members.size() < 0xffff, "zip: {} members, at most 65534 fit", members.size());
  std::string out, directory;
  for (const auto& [name, bytes] : members) {
    PANTOMIME_CHECK(name.size() <= 0xffff && bytes.size() < kMaxArchive, "zip: \"{}\" is too large",
                    name);
    const bool deflated = method == ZipMethod::Deflated;
    const std::string packed = deflated ? deflate_member(bytes) : bytes;
    std::string common;         // the part that local and central header share
    append(common, 20, 2);      // version needed
    append(common, 0x0800, 2);  // names are UTF-8
    append(common, deflated ? 8 : 0, 2);
    append(common, 0, 2);     // 00:00:00
    append(common, 0x21, 2);  // 1980-01-01
    append(common, checksum(bytes), 4);
    append(common, packed.size(), 4);
    append(common, bytes.size(), 4);
    append(common, name.size(), 2);
    append(common, 0, 2);  // no extra field

    append(directory, kCentralHeader, 4);
    append(directory, 20, 2);
    directory += common;
    directory.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
    append(directory, out.size(), 4);
    directory += name;

    append(out, kLocalHeader, 4);
    out += common;
    out += name;
    out += packed;
    PANTOMIME_CHECK(out.size() < kMaxArchive, "zip: an archive of 4 GiB or more");
  }
  const size_t start = out.size();
  out += directory;
  append(out, kEnd, 4);
  append(out, 0, 4);
  append(out, members.size(), 2);
  append(out, members.size(), 2);
  append(out, directory.size(), 4);
  append(out, start, 4);
  append(out, 0, 2);
  PANTOMIME_CHECK(out.size() < kMaxArchive, "zip: an archive of 4 GiB or more");
  return out;
}

}  // namespace pantomime::formats
