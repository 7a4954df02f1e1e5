#include "pantomime/formats/safetensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"

namespace pantomime::formats {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr size_t kMaxRank = 16;
constexpr std::string_view kMetadata = "__metadata__";

struct DTypeName {
  std::string_view name;
  DType type;
  size_t size;
};
constexpr std::array<DTypeName, 7> kTypes = {{{"F32", DType::F32, 4},
                                              {"F16", DType::F16, 2},
                                              {"BF16", DType::BF16, 2},
                                              {"F64", DType::F64, 8},
                                              {"I64", DType::I64, 8},
                                              {"I32", DType::I32, 4},
                                              {"U8", DType::U8, 1}}};

const DTypeName& entry_of(DType type) {
  const auto it =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& e) { return e.type == type; });
  PANTOMIME_CHECK(it != kTypes.end(), "safetensors: unknown dtype {}", static_cast<int>(type));
  return *it;
}

/// product(shape) * size, or nothing when it does not fit in 63 bits.
std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, size_t size) {
  int64_t count = static_cast<int64_t>(size);
  for (const int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  return static_cast<uint64_t>(count);
}

struct Placed {
  uint64_t begin, end;
  std::string name;
};

/// One entry of the header: fills dtype and shape, and says where the data lies.
Placed parse_entry(const std::string& key, const json& entry, uint64_t data_size,
                   const std::string& file, NamedArray& array) {
  auto bad = [&](const std::string& what) { fail_at_byte(file, 8, "\"{}\": {}", key, what); };
  if (!entry.is_object()) bad("expected an object");
  for (const auto& [name, value] : entry.items())
    if (name != "dtype" && name != "shape" && name != "data_offsets")
      bad(fmt::format("unknown key \"{}\", expected dtype, shape, data_offsets", name));

  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) bad("no dtype");
  const auto& dtype_name = dtype->get_ref<const std::string&>();
  const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const auto& e) { return e.name == dtype_name; });
  if (type == kTypes.end())
    bad(fmt::format("dtype \"{}\", expected F32, F16, BF16, F64, I64, I32 or U8", dtype_name));
  array.dtype = type->type;

  const auto shape = entry.find("shape");
  if (shape == entry.end() || !shape->is_array()) bad("no shape");
  if (shape->size() > kMaxRank)
    bad(fmt::format("shape with {} dimensions, at most {} are read", shape->size(), kMaxRank));
  for (const json& extent : *shape) {
    if (!extent.is_number_unsigned() || extent.get<uint64_t>() > INT64_MAX)
      bad(fmt::format("shape {}, expected whole numbers from 0", shape->dump()));
    array.shape.push_back(extent.get<int64_t>());
  }
  const auto bytes = byte_count(array.shape, type->size);
  if (!bytes) bad(fmt::format("shape {} is too large", shape->dump()));

  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 ||
      !(*offsets)[0].is_number_unsigned() || !(*offsets)[1].is_number_unsigned())
    bad("no data_offsets [begin, end]");
  const auto begin = (*offsets)[0].get<uint64_t>(), end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > data_size)
    bad(fmt::format("data_offsets [{}, {}], the file has {} bytes of data", begin, end, data_size));
  if (end - begin != *bytes)
    bad(fmt::format("{} bytes of data, shape {} of {} needs {}", end - begin, shape->dump(),
                    dtype_name, *bytes));
  return {begin, end, key};
}

void check_no_gap(std::vector<Placed>& places, uint64_t data_size, const std::string& file,
                  uint64_t data_start) {
  std::sort(places.begin(), places.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t reached = 0;
  for (const Placed& place : places) {
    if (place.begin < reached)
      fail_at_byte(file, data_start + place.begin, "data of \"{}\" overlaps another array's",
                   place.name);
    if (place.begin > reached)
      fail_at_byte(file, data_start + reached,
                   "{} bytes before the data of \"{}\" belong to no array", place.begin - reached,
                   place.name);
    reached = place.end;
  }
  if (reached != data_size)
    fail_at_byte(file, data_start + reached, "{} bytes at the end belong to no array",
                 data_size - reached);
}

}  // namespace

size_t size_of(DType type) {
  return entry_of(type).size;
}

Safetensors parse_safetensors(std::string_view bytes, const std::string& name) {
  if (bytes.size() < 8)
    fail_at_byte(name, bytes.size(), "file ends within the header length, expected 8 bytes");
  uint64_t header_size = 0;
  for (size_t i = 8; i-- > 0;) header_size = header_size << 8 | static_cast<uint8_t>(bytes[i]);
  if (header_size > kMaxHeader)
    fail_at_byte(name, 0, "header of {} bytes, at most {} are read", header_size, kMaxHeader);
  if (header_size > bytes.size() - 8)
    fail_at_byte(name, 0, "header of {} bytes, the file has {} after its length", header_size,
                 bytes.size() - 8);
  const std::string_view header = bytes.substr(8, header_size);
  const std::string_view data = bytes.substr(8 + header_size);
  if (header.empty() || header[0] != '{') fail_at_byte(name, 8, "no JSON object, expected '{{'");

  const json table = parse_json(header, name, 8, {.depth = 4});
  Safetensors out;
  std::vector<Placed> places;
  for (const auto& [key, entry] : table.items()) {
    if (key == kMetadata) {
      if (!entry.is_object()) fail_at_byte(name, 8, "__metadata__: expected an object");
      for (const auto& [word, text] : entry.items()) {
        if (!text.is_string()) fail_at_byte(name, 8, "__metadata__: \"{}\" is not a string", word);
        out.metadata[word] = text.get<std::string>();
      }
      continue;
    }
    places.push_back(parse_entry(key, entry, data.size(), name, out.arrays[key]));
  }
  check_no_gap(places, data.size(), name, 8 + header_size);
  for (const Placed& place : places)
    out.arrays[place.name].bytes = data.substr(place.begin, place.end - place.begin);
  return out;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  return parse_safetensors({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                           path.string());
}

std::string to_safetensors(const Safetensors& content) {
  // Largest elements first, as the reference writer does: every array is then aligned to its size.
  std::vector<std::pair<const std::string*, const NamedArray*>> order;
  for (const auto& [name, array] : content.arrays) order.emplace_back(&name, &array);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return size_of(a.second->dtype) > size_of(b.second->dtype);
  });

  json table = json::object();
  if (!content.metadata.empty()) table[std::string(kMetadata)] = content.metadata;
  uint64_t at = 0;
  for (const auto& [name, array] : order) {
    PANTOMIME_CHECK(*name != kMetadata, "safetensors: an array can't be called \"{}\"", *name);
    PANTOMIME_CHECK(array->shape.size() <= kMaxRank,
                    "safetensors: \"{}\" has {} dimensions, at most {} are read back", *name,
                    array->shape.size(), kMaxRank);
    const auto expected = byte_count(array->shape, size_of(array->dtype));
    PANTOMIME_CHECK(expected && *expected == array->bytes.size(),
                    "safetensors: \"{}\" has {} bytes, its shape needs {}", *name,
                    array->bytes.size(), expected ? fmt::format("{}", *expected) : "too many");
    const uint64_t end = at + array->bytes.size();
    table[*name] = {{"dtype", entry_of(array->dtype).name},
                    {"shape", array->shape},
                    {"data_offsets", {at, end}}};
    at = end;
  }
  std::string header = to_json_text(table, "safetensors");
  header.resize((header.size() + 7) / 8 * 8, ' ');
  PANTOMIME_CHECK(header.size() <= kMaxHeader, "safetensors: header of {} bytes, at most {} fit",
                  header.size(), kMaxHeader);

  std::string out;
  out.reserve(8 + header.size() + at);
  for (int i = 0; i < 8; ++i)
    out.push_back(static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * i) & 0xff));
  out += header;
  for (const auto& [name, array] : order) out += array->bytes;
  return out;
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& content) {
  write_file(path, to_safetensors(content));
}

}  // namespace pantomime::formats
