// Safetensors: named arrays and a string table in one file.
// Source: https://github.com/huggingface/safetensors (format description).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime::formats {

enum class DType { F32, F16, BF16, F64, I64, I32, U8 };
size_t size_of(DType type);

/// One array; `bytes` is little endian, row-major, product(shape) * size_of(dtype) long.
struct NamedArray {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::string bytes;
};

struct Safetensors {
  std::map<std::string, NamedArray> arrays;     ///< sorted, so the same content is the same bytes
  std::map<std::string, std::string> metadata;  ///< "__metadata__"
};

/// Parses a whole file. `name` is used in errors. Throws ParseError for: a header over 100 MB or
/// past the end, bad JSON, unknown dtype, negative or overflowing shape, offsets that are out of
/// range, overlap, or leave a hole.
Safetensors parse_safetensors(std::string_view bytes, const std::string& name);
Safetensors read_safetensors(const std::filesystem::path& path);

/// Same content gives the same bytes. Data starts at a multiple of 8.
std::string to_safetensors(const Safetensors& content);
void write_safetensors(const std::filesystem::path& path, const Safetensors& content);

}  // namespace pantomime::formats
