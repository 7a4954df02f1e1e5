// Bytes in and out. The only place that opens files for writing: nothing half-written is left
// under a final name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime {

/// Largest file that read_file() takes by default: 4 GiB.
inline constexpr uint64_t kMaxFileBytes = uint64_t{4} << 30;

/// Whole content of a file. Throws Error naming the path when it can't be read or is larger than
/// `max_bytes`.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = kMaxFileBytes);

/// Writes `content` beside `path` under a temporary name, syncs it, then renames it into place.
/// Throws Error naming the path (disk full, no such folder); then `path` is as it was before.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Whether a file has such a temporary name: a write goes on, or was killed.
bool is_partial(const std::filesystem::path& path);

/// For writers that need a path (FFmpeg, SQLite): calls `write(temporary)` with a name in the same
/// folder and the same extension, then renames. On an exception the temporary file is removed.
void write_file_with(const std::filesystem::path& path,
                     const std::function<void(const std::filesystem::path&)>& write);

/// SHA-256 of some bytes, 64 hex digits. FIPS 180-4.
std::string sha256_hex(std::string_view bytes);

/// A read-only memory map of a file; moves, does not copy. Empty files give an empty span.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& path);  ///< throws Error naming the path
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Where Pantomime's own files live: `relative` under $PANTOMIME_HOME, else the first folder at or
/// above the running program that has it (or has it under share/pantomime), else the source tree.
/// Returns the first that exists, else the first candidate (so an error can name it).
std::filesystem::path resource_path(const std::filesystem::path& relative);

}  // namespace pantomime
