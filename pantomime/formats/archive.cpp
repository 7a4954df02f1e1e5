#include "pantomime/formats/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "pantomime/base/error.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

/// What libarchive says is wrong; it says nothing about some bytes.
std::string why(archive* reader) {
  const char* text = archive_error_string(reader);
  return text != nullptr ? text : "damaged";
}

Reader open_archive(const fs::path& path) {
  Reader reader(archive_read_new());
  if (!reader) fail("{}: out of memory", path.string());
  // Named one by one: libarchive's "all" would also start programs for exotic filters.
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  if (!fs::is_regular_file(path)) fail("{}: no such file", path.string());
  if (archive_read_open_filename(reader.get(), path.c_str(), size_t{1} << 18) != ARCHIVE_OK)
    fail("{}: {}", path.string(), why(reader.get()));
  return reader;
}

bool stays_inside(std::string_view name) {
  const fs::path path{std::string(name)};
  return !name.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& p) { return p == ".."; });
}

}  // namespace

bool is_archive_name(const fs::path& path) {
  const std::string name = lower_case(path.filename().string());
  static constexpr std::array<std::string_view, 9> kEndings = {
      ".tar", ".tar.zst", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".zip"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

void read_archive(const fs::path& path, const WantEntry& want, const TakeEntry& take,
                  const ArchiveLimits& limits) {
  const Reader reader = open_archive(path);
  archive* const in = reader.get();
  uint64_t total = 0;
  for (int64_t count = 0;; ++count) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(in, &entry);
    if (result == ARCHIVE_EOF) return;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail("{}: {}", path.string(), why(in));
    if (count >= limits.entries) fail("{}: more than {} entries", path.string(), limits.entries);
    const char* raw = archive_entry_pathname_utf8(entry);
    if (raw == nullptr) raw = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr ||
        raw == nullptr)
      continue;
    std::string name = raw;
    while (name.starts_with("./")) name.erase(0, 2);
    if (!stays_inside(name) || !want(name)) continue;

    std::string content;
    std::array<char, 1 << 16> buffer;
    for (;;) {
      const la_ssize_t got = archive_read_data(in, buffer.data(), buffer.size());
      if (got == 0) break;
      if (got < 0) fail("{}: {}: {}", path.string(), name, why(in));
      const auto size = static_cast<size_t>(got);
      if (content.size() + size > limits.entry_bytes)
        fail("{}: {}: more than {} bytes", path.string(), name, limits.entry_bytes);
      if ((total += size) > limits.total_bytes)
        fail("{}: unpacks to more than {} bytes", path.string(), limits.total_bytes);
      content.append(buffer.data(), size);
    }
    if (!take(name, std::move(content))) return;
  }
}

std::string decompressed(std::string_view bytes, const std::string& name, uint64_t max_bytes) {
  const Reader reader(archive_read_new());
  if (!reader) fail("{}: out of memory", name);
  archive* const in = reader.get();
  archive_read_support_format_raw(in);
  archive_read_support_filter_zstd(in);
  archive_read_support_filter_gzip(in);
  archive_read_support_filter_xz(in);
  archive_read_support_filter_bzip2(in);
  const auto bad = [&] { throw ParseError(fmt::format("{}: {}", name, why(in))); };
  if (bytes.empty()) return {};
  if (archive_read_open_memory(in, bytes.data(), bytes.size()) != ARCHIVE_OK) bad();
  archive_entry* entry = nullptr;
  if (archive_read_next_header(in, &entry) != ARCHIVE_OK) bad();
  std::string content;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const la_ssize_t got = archive_read_data(in, buffer.data(), buffer.size());
    if (got == 0) return content;
    if (got < 0) bad();
    if (content.size() + static_cast<size_t>(got) > max_bytes)
      throw ParseError(fmt::format("{}: unpacks to more than {} bytes", name, max_bytes));
    content.append(buffer.data(), static_cast<size_t>(got));
  }
}

}  // namespace pantomime::formats
