#include "pantomime/body/asset_file.h"

#include <algorithm>
#include <bit>

namespace pantomime::body {

static_assert(std::endian::native == std::endian::little, "asset files are used in place");

namespace {

constexpr std::string_view kMagic = "PANTOBOD";
constexpr size_t kHeaderBytes = 64, kEntryBytes = 64, kNameBytes = 48, kAlignment = 64;
constexpr uint32_t kMaxSections = 4096;

size_t aligned(size_t n) {
  return (n + kAlignment - 1) / kAlignment * kAlignment;
}

template <typename T>
T load(std::span<const std::byte> bytes, size_t at) {
  T out;
  std::memcpy(&out, bytes.data() + at, sizeof(T));
  return out;
}

template <typename T>
void store(std::string& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

char nibble(char hex) {
  return static_cast<char>(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

}  // namespace

AssetFile::AssetFile(const std::filesystem::path& path) : name_(path.string()) {
  const auto file = std::make_shared<const MappedFile>(path);
  owner_ = file;
  content_ = file->bytes();
  read_table();
}

AssetFile::AssetFile(std::string bytes, const std::string& name) : name_(name) {
  // Arrays are used in place, so they must lie at multiples of 8, which a string need not.
  auto words = std::make_shared<std::vector<uint64_t>>((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(words->data(), bytes.data(), bytes.size());
  owner_ = words;
  content_ = std::as_bytes(std::span(*words)).first(bytes.size());
  read_table();
}

void AssetFile::read_table() {
  const std::span<const std::byte> all = content_;
  if (all.size() < kHeaderBytes || as_text(all.first(kMagic.size())) != kMagic)
    fail_at_byte(name_, 0, "not a Pantomime asset file, expected it to begin with {}", kMagic);
  const uint32_t version = load<uint32_t>(all, 8);
  if (version != kAssetVersion)
    fail_at_byte(name_, 8, "asset file of version {}, this program reads {}: compile it again",
                 version, kAssetVersion);
  const uint32_t count = load<uint32_t>(all, 12);
  const uint64_t stated = load<uint64_t>(all, 16);
  if (stated != all.size())
    fail_at_byte(name_, 16, "file of {} bytes, its header says {}", all.size(), stated);
  if (count > kMaxSections || kHeaderBytes + count * kEntryBytes > all.size())
    fail_at_byte(name_, 12, "{} sections don't fit into {} bytes", count, all.size());

  size_t end = kHeaderBytes + count * kEntryBytes;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t at = kHeaderBytes + i * kEntryBytes;
    const std::string_view padded = as_text(all.subspan(at, kNameBytes));
    const size_t length = padded.find('\0');
    if (length == 0 || length == std::string_view::npos)
      fail_at_byte(name_, at, "section name is empty or has no end");
    Section section;
    section.name = std::string(padded.substr(0, length));
    section.offset = load<uint64_t>(all, at + kNameBytes);
    const uint64_t size = load<uint64_t>(all, at + kNameBytes + 8);
    if (section.offset != aligned(end))
      fail_at_byte(name_, at, "section \"{}\" begins at byte {}, expected {}", section.name,
                   section.offset, aligned(end));
    if (section.offset > all.size() || size > all.size() - section.offset)
      fail_at_byte(name_, at, "section \"{}\" of {} bytes reaches past the end of the file",
                   section.name, size);
    section.bytes = all.subspan(static_cast<size_t>(section.offset), static_cast<size_t>(size));
    end = static_cast<size_t>(section.offset + size);
    for (const Section& other : sections_)
      if (other.name == section.name)
        fail_at_byte(name_, at, "two sections are called \"{}\"", section.name);
    sections_.push_back(std::move(section));
  }
  if (end != all.size())
    fail_at_byte(name_, end, "{} bytes behind the last section", all.size() - end);
}

const AssetFile::Section& AssetFile::section(std::string_view name) const {
  const auto it = std::find_if(sections_.begin(), sections_.end(),
                               [&](const Section& s) { return s.name == name; });
  if (it == sections_.end()) fail_at_byte(name_, 0, "no section \"{}\" in this asset file", name);
  return *it;
}

std::string AssetFile::hash() const {
  static const char* digits = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < 32; ++i) {
    const auto b = static_cast<unsigned>(content_[32 + i]);
    out += {digits[b >> 4], digits[b & 15]};
  }
  return out;
}

bool AssetFile::verify() const {
  return sha256_hex(as_text(content_.subspan(kHeaderBytes))) == hash();
}

void AssetWriter::add(const std::string& name, std::string bytes) {
  PANTOMIME_CHECK(!name.empty() && name.size() < kNameBytes && name.find('\0') == std::string::npos,
                  "asset section name \"{}\": expected 1 to {} bytes", name, kNameBytes - 1);
  for (const auto& [other, unused] : sections_)
    PANTOMIME_CHECK(other != name, "asset section \"{}\" added twice", name);
  sections_.emplace_back(name, std::move(bytes));
}

std::string AssetWriter::finish() const {
  size_t end = kHeaderBytes + sections_.size() * kEntryBytes;
  std::string out(end, '\0');
  for (size_t i = 0; i < sections_.size(); ++i) {
    const auto& [name, bytes] = sections_[i];
    const size_t entry = kHeaderBytes + i * kEntryBytes;
    out.resize(aligned(end), '\0');
    std::memcpy(out.data() + entry, name.data(), name.size());
    store<uint64_t>(out, entry + kNameBytes, out.size());
    store<uint64_t>(out, entry + kNameBytes + 8, bytes.size());
    out += bytes;
    end = out.size();
  }
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  store<uint32_t>(out, 8, kAssetVersion);
  store<uint32_t>(out, 12, static_cast<uint32_t>(sections_.size()));
  store<uint64_t>(out, 16, out.size());
  const std::string hex = sha256_hex(std::string_view(out).substr(kHeaderBytes));
  for (size_t i = 0; i < 32; ++i)
    out[32 + i] = static_cast<char>(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
  return out;
}

uint32_t RecordReader::count(const char* what, uint32_t limit) {
  const uint32_t n = value<uint32_t>(what);
  if (n > limit) fail("count \"{}\" is {}, expected at most {}", what, n, limit);
  return n;
}

std::string_view RecordReader::text(const char* what) {
  const uint32_t n = count(what, 4096);
  return {reinterpret_cast<const char*>(take(n, what)), n};
}

void RecordReader::expect_end() {
  if (at_ != bytes_.size()) fail("{} bytes left over in this section", bytes_.size() - at_);
}

const std::byte* RecordReader::take(size_t size, const char* what) {
  if (size > bytes_.size() - at_)
    fail("\"{}\" needs {} bytes, its section has {} left", what, size, bytes_.size() - at_);
  const std::byte* out = bytes_.data() + at_;
  at_ += size;
  return out;
}

void RecordReader::align() {
  const size_t to = (at_ + 7) / 8 * 8;
  if (to > bytes_.size()) fail("section ends in the padding of an array");
  at_ = to;
}

void RecordWriter::text(std::string_view s) {
  PANTOMIME_CHECK(s.size() <= 4096, "asset text of {} bytes, at most 4096 fit", s.size());
  count(s.size());
  bytes_.append(s);
}

}  // namespace pantomime::body
