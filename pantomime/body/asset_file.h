// The container of Pantomime's own asset files (assets/body.pantomime): named blocks of bytes that
// are used in place from a memory map.
//
//   header, 64 bytes   magic "PANTOBOD" | u32 version | u32 sections | u64 file bytes | u64 zero
//                      | 32 bytes SHA-256 of everything behind the header
//   table, 64 bytes each   name (48 bytes, zero padded) | u64 offset | u64 bytes
//   sections           each at a multiple of 64, in the order of the table, zeros between
//
// All numbers are little endian. The file is data from a stranger for the reader: everything is
// checked before it is used, and every error names the file and the place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::body {

/// Version that this program writes, and the only one it reads (the file is a compiled product:
/// compile it again after an update).
inline constexpr uint32_t kAssetVersion = 1;

/// A validated, open asset file. Cheap to copy; sections stay valid as long as one copy lives.
class AssetFile {
 public:
  struct Section {
    std::string name;
    uint64_t offset = 0;
    std::span<const std::byte> bytes;
  };

  AssetFile() = default;
  /// Throws Error when the file can't be read, ParseError when it is not a sound asset file.
  explicit AssetFile(const std::filesystem::path& path);
  /// The same from bytes in memory; `name` is for errors.
  AssetFile(std::string bytes, const std::string& name);

  const std::string& name() const { return name_; }  ///< path as text, for errors
  const std::vector<Section>& sections() const { return sections_; }
  /// Throws ParseError when there is no such section.
  const Section& section(std::string_view name) const;
  /// SHA-256 that the file states for itself, 64 hex digits: names the version of the assets.
  std::string hash() const;
  /// Whether the content has that hash. Reads the whole file.
  bool verify() const;

 private:
  void read_table();

  std::string name_;

  std::shared_ptr<const void> owner_;  ///< keeps content_ alive: a map or a string
  std::span<const std::byte> content_;
  std::vector<Section> sections_;
};

/// Collects sections, then gives the bytes of the file. Same sections, same bytes.
class AssetWriter {
 public:
  /// `name`: 1 … 47 bytes, each name once. Throws Error otherwise.
  void add(const std::string& name, std::string bytes);
  std::string finish() const;

 private:
  std::vector<std::pair<std::string, std::string>> sections_;
};

/// Reads the values of one section in order. Arrays are views into the map (aligned by 8).
class RecordReader {
 public:
  RecordReader(const AssetFile& file, const AssetFile::Section& section)
      : file_(file.name()), base_(section.offset), bytes_(section.bytes) {}

  template <typename T>
  T value(const char* what) {
    static_assert(std::is_arithmetic_v<T>);
    T out;
    std::memcpy(&out, take(sizeof(T), what), sizeof(T));
    return out;
  }
  /// A count that may be at most `limit`.
  uint32_t count(const char* what, uint32_t limit);
  std::string_view text(const char* what);  ///< up to 4096 bytes of UTF-8
  /// An array written with its length.
  template <typename T>
  std::span<const T> array(const char* what) {
    static_assert(std::is_arithmetic_v<T>);
    const uint64_t n = value<uint64_t>(what);
    align();
    if (n > (bytes_.size() - at_) / sizeof(T))
      fail("array \"{}\" of {} values of {} bytes reaches past its section of {} bytes", what, n,
           sizeof(T), bytes_.size());
    const std::byte* data = take(static_cast<size_t>(n) * sizeof(T), what);
    return {reinterpret_cast<const T*>(data), static_cast<size_t>(n)};
  }
  /// Same, and it must have exactly `expected` values.
  template <typename T>
  std::span<const T> array(const char* what, size_t expected) {
    const std::span<const T> out = array<T>(what);
    if (out.size() != expected)
      fail("array \"{}\" has {} values, expected {}", what, out.size(), expected);
    return out;
  }
  void expect_end();

  /// ParseError at the current place.
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    fail_at_byte(file_, base_ + at_, "{}", fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  const std::byte* take(size_t size, const char* what);
  void align();

  std::string file_;
  uint64_t base_ = 0;
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

/// Writes what RecordReader reads.
class RecordWriter {
 public:
  template <typename T>
  void value(T v) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&v), sizeof(T));
  }
  void count(size_t n) { value(static_cast<uint32_t>(n)); }
  void text(std::string_view s);
  template <typename T>
  void array(std::span<const T> values) {
    value(static_cast<uint64_t>(values.size()));
    align();
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  template <typename T>
  void array(const std::vector<T>& values) {
    array(std::span<const T>(values));
  }
  std::string take() { return std::move(bytes_); }

 private:
  void align() { bytes_.resize((bytes_.size() + 7) / 8 * 8, '\0'); }
  std::string bytes_;
};

}  // namespace pantomime::body
