#include "pantomime/formats/npz.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeader = 65536;  // no plain dtype needs more
constexpr size_t kMaxRank = 32;       // as NumPy
constexpr int64_t kMaxTexts = 1'000'000;

struct TypeName {
  std::string_view name;
  NpyType type;
  size_t size;
};
constexpr std::array<TypeName, 7> kTypes = {{{"<f4", NpyType::F4, 4},
                                             {"<f8", NpyType::F8, 8},
                                             {"<i2", NpyType::I2, 2},
                                             {"<i4", NpyType::I4, 4},
                                             {"<i8", NpyType::I8, 8},
                                             {"|u1", NpyType::U1, 1},
                                             {"|b1", NpyType::Bool, 1}}};

/// product(shape) * size, or nothing when it does not fit in 63 bits.
std::optional<int64_t> byte_count(const std::vector<int64_t>& shape, int64_t size) {
  int64_t count = size;
  for (const int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  return count;
}

struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
};

/// The header is a Python dict; this reads only the kind that NumPy writes for plain arrays.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, uint64_t offset, const std::string& file)
      : text_(text), offset_(offset), file_(file) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      bool* seen = key == "descr"           ? &has_descr
                   : key == "fortran_order" ? &has_order
                   : key == "shape"         ? &has_shape
                                            : nullptr;
      if (seen == nullptr) bad("unknown key '" + key + "'");
      if (*seen) bad("key '" + key + "' is there twice");
      *seen = true;
      if (seen == &has_descr) header.descr = quoted();
      if (seen == &has_order) header.fortran = boolean();
      if (seen == &has_shape) header.shape = tuple();
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) bad("text after the header");
    if (!has_descr || !has_order || !has_shape) bad("expected descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    fail_at_byte(file_, offset_ + at_, "npy header: {}", what);
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) bad(fmt::format("expected '{}'", wanted));
  }
  std::string quoted() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"')
      bad("expected text in quotes (structured types aren't read)");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) bad("text without an end");
    std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }
  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    bad("expected True or False");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> out;
    expect('(');
    while (!take(')')) {
      skip_space();
      int64_t value = 0;
      const char* end = text_.data() + text_.size();
      const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
      if (error != std::errc() || value < 0) bad("expected a shape of whole numbers from 0");
      at_ = static_cast<size_t>(stop - text_.data());
      take('L');  // Python 2 on some systems
      out.push_back(value);
      if (out.size() > kMaxRank) bad(fmt::format("more than {} dimensions", kMaxRank));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
  uint64_t offset_;
  const std::string& file_;
};

/// True for an array of Python objects, however broken the rest of it is.
bool holds_objects(std::string_view npy) {
  constexpr size_t kFarEnough = 64;  // NumPy writes descr first
  return npy.substr(0, kFarEnough).find("'descr': '|O'") != std::string_view::npos;
}

/// Elements of `size` bytes from first-index-fastest to last-index-fastest.
std::string from_fortran(std::string_view data, const std::vector<int64_t>& shape, size_t size) {
  std::string out(data.size(), '\0');
  std::vector<int64_t> index(shape.size(), 0);
  std::vector<size_t> stride(shape.size(), size);
  for (size_t d = 1; d < shape.size(); ++d)
    stride[d] = stride[d - 1] * static_cast<size_t>(shape[d - 1]);
  for (size_t to = 0; to < out.size(); to += size) {
    size_t from = 0;
    for (size_t d = 0; d < shape.size(); ++d) from += static_cast<size_t>(index[d]) * stride[d];
    std::memcpy(&out[to], &data[from], size);
    for (size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
  return out;
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
    return;
  }
  const int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::array<uint32_t, 4> kLead = {0, 0xc0, 0xe0, 0xf0};
  out.push_back(static_cast<char>(kLead[static_cast<size_t>(extra)] | c >> (6 * extra)));
  for (int i = extra - 1; i >= 0; --i)
    out.push_back(static_cast<char>(0x80 | (c >> (6 * i) & 0x3f)));
}

/// Code points of UTF-8 text. Throws Error when it isn't.
std::vector<uint32_t> code_points(const std::string& text) {
  std::vector<uint32_t> out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i++]);
    // How many more bytes the character has, by the ones that its first byte begins with.
    const int extra = lead < 0x80       ? 0
                      : lead >> 5 == 6  ? 1
                      : lead >> 4 == 14 ? 2
                      : lead >> 3 == 30 ? 3
                                        : -1;
    bool good = extra >= 0 && text.size() - i >= static_cast<size_t>(std::max(extra, 0));
    uint32_t c = lead & (extra <= 0 ? 0x7fU : 0x3fU >> extra);
    for (int k = 0; good && k < extra; ++k) {
      const auto next = static_cast<uint8_t>(text[i++]);
      good = next >> 6 == 2;
      c = c << 6 | (next & 0x3fU);
    }
    PANTOMIME_CHECK(good, "npy: text that is not UTF-8");
    out.push_back(c);
  }
  return out;
}

/// NumPy's U (UTF-32, `width` characters) and S (bytes); zeros at the end are padding.
std::vector<std::string> parse_texts(std::string_view data, char kind, size_t width, size_t count,
                                     const std::string& file, uint64_t offset) {
  std::vector<std::string> out;
  const size_t unit = kind == 'U' ? 4 : 1;
  for (size_t n = 0; n < count; ++n) {
    std::string text;
    size_t used = 0;
    for (size_t i = 0; i < width; ++i) {
      const size_t at = (n * width + i) * unit;
      uint32_t c = 0;
      for (size_t b = unit; b-- > 0;) c = c << 8 | static_cast<uint8_t>(data[at + b]);
      if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        fail_at_byte(file, offset + at, "character {:#x}, expected Unicode", c);
      append_utf8(text, c);  // bytes above 127 are taken as Latin-1
      if (c != 0) used = text.size();
    }
    text.resize(used);
    out.push_back(std::move(text));
  }
  return out;
}

template <typename T>
void append_as_doubles(const std::string& bytes, std::vector<double>& out) {
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, &bytes[at], sizeof(T));
    out.push_back(static_cast<double>(value));
  }
}

template <typename T>
NpyArray from_values(NpyType type, std::vector<int64_t> shape, std::span<const T> values) {
  NpyArray out{type, std::move(shape), {}, {}};
  PANTOMIME_CHECK(out.count() == static_cast<int64_t>(values.size()),
                  "npy: {} values, the shape needs {}", values.size(), out.count());
  out.bytes.resize(values.size_bytes());
  if (!values.empty()) std::memcpy(out.bytes.data(), values.data(), values.size_bytes());
  return out;
}

}  // namespace

int64_t NpyArray::count() const {
  const auto total = byte_count(shape, 1);
  PANTOMIME_CHECK(total.has_value(), "npy: shape is negative or too large");
  return *total;
}

NpyArray parse_npy(std::string_view bytes, const std::string& name) {
  if (bytes.substr(0, kMagic.size()) != kMagic)
    fail_at_byte(name, 0, "not a NumPy array, expected \"\\x93NUMPY\"");
  if (bytes.size() < 10) fail_at_byte(name, bytes.size(), "file ends within the npy header");
  const int version = static_cast<uint8_t>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != 0)
    fail_at_byte(name, 6, "npy version {}.{}, expected 1.0, 2.0 or 3.0", version,
                 static_cast<uint8_t>(bytes[7]));
  const size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) fail_at_byte(name, bytes.size(), "file ends within the npy header");
  size_t header_size = 0;
  for (size_t i = start; i-- > 8;) header_size = header_size << 8 | static_cast<uint8_t>(bytes[i]);
  if (header_size > std::min(kMaxHeader, bytes.size() - start))
    fail_at_byte(name, 8, "npy header of {} bytes, expected at most {}", header_size,
                 std::min(kMaxHeader, bytes.size() - start));
  const uint64_t data_at = start + header_size;
  const std::string_view data = bytes.substr(data_at);
  const Header header = HeaderParser(bytes.substr(start, header_size), start, name).parse();

  NpyArray out;
  out.shape = header.shape;
  const auto known = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const auto& t) { return t.name == header.descr; });
  const std::string_view descr = header.descr;
  size_t size = 0, width = 0;
  char kind = 0;
  if (known != kTypes.end()) {
    out.type = known->type;
    size = known->size;
  } else if (descr.substr(0, 2) == "<U" || descr.substr(0, 2) == "|S") {
    kind = descr[1];
    const auto [stop, error] =
        std::from_chars(descr.data() + 2, descr.data() + descr.size(), width);
    if (error != std::errc() || stop != descr.data() + descr.size() || width > 1'000'000)
      fail_at_byte(name, start, "npy dtype '{}', expected a text width up to 1000000", descr);
    out.type = NpyType::Text;
    size = kind == 'U' ? 4 * width : width;
  } else {
    fail_at_byte(name, start, "npy dtype '{}', expected <f4 <f8 <i2 <i4 <i8 |u1 |b1 <U or |S",
                 descr);
  }

  const auto total = byte_count(out.shape, static_cast<int64_t>(std::max<size_t>(size, 1)));
  if (!total) fail_at_byte(name, start, "npy shape is too large");
  const auto expected = size == 0 ? 0 : static_cast<uint64_t>(*total);
  if (expected != data.size())
    fail_at_byte(name, data_at, "{} bytes of data, shape and dtype '{}' need {}", data.size(),
                 descr, expected);
  const std::string ordered = header.fortran && out.shape.size() > 1 && size > 0
                                  ? from_fortran(data, out.shape, size)
                                  : std::string(data);
  if (out.type != NpyType::Text) {
    out.bytes = ordered;
    return out;
  }
  // Texts without characters take no bytes, so the data says nothing about how many there are.
  const int64_t most = width == 0 ? 1 : kMaxTexts;
  if (out.count() > most)
    fail_at_byte(name, start, "{} texts of width {}, at most {} are read", out.count(), width,
                 most);
  out.texts = parse_texts(ordered, kind, width, static_cast<size_t>(out.count()), name, data_at);
  return out;
}

NpyArray read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

std::string to_npy(const NpyArray& array) {
  std::string descr, data;
  if (array.type == NpyType::Text) {
    PANTOMIME_CHECK(array.count() == static_cast<int64_t>(array.texts.size()),
                    "npy: {} texts, the shape needs {}", array.texts.size(), array.count());
    std::vector<std::vector<uint32_t>> points;
    size_t width = 1;
    for (const std::string& text : array.texts) {
      points.push_back(code_points(text));
      width = std::max(width, points.back().size());
    }
    for (std::vector<uint32_t>& text : points) {
      text.resize(width, 0);
      for (const uint32_t c : text)
        for (int i = 0; i < 4; ++i) data.push_back(static_cast<char>(c >> (8 * i) & 0xff));
    }
    descr = fmt::format("<U{}", width);
  } else {
    const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& t) { return t.type == array.type; });
    const auto expected = byte_count(array.shape, static_cast<int64_t>(type->size));
    PANTOMIME_CHECK(expected && static_cast<uint64_t>(*expected) == array.bytes.size(),
                    "npy: {} bytes, the shape needs {}", array.bytes.size(), expected.value_or(-1));
    descr = type->name;
    data = array.bytes;
  }
  std::string shape;
  for (const int64_t extent : array.shape) shape += fmt::format("{}, ", extent);
  if (array.shape.size() > 1) shape.resize(shape.size() - 2);
  if (array.shape.size() == 1) shape.pop_back();
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  // NumPy aligns the data to 64 bytes, so that it can be mapped.
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header.push_back('\n');
  std::string out(kMagic);
  out.push_back(1);
  out.push_back(0);
  out.push_back(static_cast<char>(header.size() & 0xff));
  out.push_back(static_cast<char>(header.size() >> 8));
  return out + header + data;
}

void write_npy(const std::filesystem::path& path, const NpyArray& array) {
  write_file(path, to_npy(array));
}

Npz parse_npz(std::string_view bytes, const std::string& name, const NpzOptions& options) {
  constexpr std::string_view kExtension = ".npy";
  const auto want = [&](std::string_view member) {
    if (!member.ends_with(kExtension)) return false;
    member.remove_suffix(kExtension.size());
    return options.only.empty() ||
           std::find(options.only.begin(), options.only.end(), member) != options.only.end();
  };
  Npz out;
  for (const auto& [member, content] : parse_zip(bytes, name, options.max_bytes, want)) {
    if (options.objects == NpyObjects::LeaveOut && holds_objects(content)) continue;
    out[member.substr(0, member.size() - kExtension.size())] =
        parse_npy(content, fmt::format("{}/{}", name, member));
  }
  return out;
}

Npz read_npz(const std::filesystem::path& path, const NpzOptions& options) {
  return parse_npz(read_file(path), path.string(), options);
}

std::string to_npz(const Npz& arrays, ZipMethod method) {
  std::map<std::string, std::string> members;
  for (const auto& [name, array] : arrays) members[name + ".npy"] = to_npy(array);
  return to_zip(members, method);
}

void write_npz(const std::filesystem::path& path, const Npz& arrays, ZipMethod method) {
  write_file(path, to_npz(arrays, method));
}

NpyArray npy_of(std::vector<int64_t> shape, std::span<const float> values) {
  return from_values(NpyType::F4, std::move(shape), values);
}
NpyArray npy_of(std::vector<int64_t> shape, std::span<const double> values) {
  return from_values(NpyType::F8, std::move(shape), values);
}
NpyArray npy_of(std::vector<int64_t> shape, std::span<const int64_t> values) {
  return from_values(NpyType::I8, std::move(shape), values);
}
NpyArray npy_of(std::vector<int64_t> shape, std::span<const int16_t> values) {
  return from_values(NpyType::I2, std::move(shape), values);
}
NpyArray npy_of(double value) {
  return npy_of({}, std::span<const double>(&value, 1));
}
NpyArray npy_of(const std::string& text) {
  return {NpyType::Text, {}, {}, {text}};
}

NpyArray rows_of(const NpyArray& array, int64_t first, int64_t count) {
  PANTOMIME_CHECK(
      !array.shape.empty() && first >= 0 && count >= 0 && first <= array.shape[0] - count,
      "rows {} and {} on of an array that has {}", first, count,
      array.shape.empty() ? 0 : array.shape[0]);
  NpyArray out;
  out.type = array.type;
  out.shape = array.shape;
  out.shape[0] = count;
  const size_t row =
      array.shape[0] == 0 ? 0 : array.bytes.size() / static_cast<size_t>(array.shape[0]);
  out.bytes =
      array.bytes.substr(static_cast<size_t>(first) * row, static_cast<size_t>(count) * row);
  return out;
}

std::vector<double> doubles_of(const NpyArray& array, const std::string& what) {
  std::vector<double> out;
  out.reserve(array.bytes.size() / 4);
  switch (array.type) {
    case NpyType::F4:
      append_as_doubles<float>(array.bytes, out);
      break;
    case NpyType::F8:
      append_as_doubles<double>(array.bytes, out);
      break;
    case NpyType::I2:
      append_as_doubles<int16_t>(array.bytes, out);
      break;
    case NpyType::I4:
      append_as_doubles<int32_t>(array.bytes, out);
      break;
    case NpyType::I8:
      append_as_doubles<int64_t>(array.bytes, out);
      break;
    case NpyType::U1:
    case NpyType::Bool:
      append_as_doubles<uint8_t>(array.bytes, out);
      break;
    case NpyType::Text:
      fail("{}: text, expected numbers", what);
  }
  return out;
}

}  // namespace pantomime::formats
