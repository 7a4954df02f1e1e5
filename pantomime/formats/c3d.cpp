#include "pantomime/formats/c3d.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/csv.h"

namespace pantomime::formats {
namespace {

using motion::Vec3;

constexpr size_t kBlock = 512;
constexpr uint8_t kMagic = 0x50;
constexpr int kIntel = 84, kDec = 85, kMips = 86;
constexpr size_t kMaxPoints = 65535;

/// Numbers as one of the three processors writes them.
class Numbers {
 public:
  Numbers(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  int processor = kIntel;

  void need(size_t at, size_t count, const char* what) const {
    if (at > bytes_.size() || count > bytes_.size() - at)
      fail_at_byte(name_, bytes_.size(), "the file ends within {}", what);
  }
  uint8_t u8(size_t at) const {
    need(at, 1, "the parameters");
    return static_cast<uint8_t>(bytes_[at]);
  }
  uint16_t u16(size_t at) const {
    const unsigned a = u8(at), b = u8(at + 1);
    return static_cast<uint16_t>(processor == kMips ? a << 8 | b : b << 8 | a);
  }
  int16_t i16(size_t at) const { return static_cast<int16_t>(u16(at)); }
  float real(size_t at) const {
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; ++i) {
      // DEC's words are in the order of a big-endian machine, the bytes in them are not.
      const size_t from = processor == kMips ? 3 - i : processor == kDec ? i ^ 2 : i;
      bits |= static_cast<uint32_t>(u8(at + from)) << (8 * i);
    }
    if (processor == kDec) {
      if ((bits >> 23 & 0xff) == 0) return 0;
      return std::bit_cast<float>(bits) / 4;  // another place of the point, another bias
    }
    return std::bit_cast<float>(bits);
  }
  std::string text(size_t at, size_t count) const {
    need(at, count, "the parameters");
    return std::string(bytes_.substr(at, count));
  }
  size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  const std::string& name_;
};

struct Parameter {
  int type = 0;  ///< bytes of an element; -1: characters
  std::vector<size_t> sides;
  size_t at = 0, count = 0;
};

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string trimmed(std::string text) {
  const auto keep = [](char c) { return c > ' ' && c <= '~'; };
  while (!text.empty() && !keep(text.back())) text.pop_back();
  const size_t first =
      static_cast<size_t>(std::find_if(text.begin(), text.end(), keep) - text.begin());
  return text.substr(first);
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name) : in_(bytes, name), name_(name) {}

  C3d read() {
    read_parameters();
    read_header();
    read_settings();
    read_labels();
    read_points();
    return std::move(out_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void bad(size_t at, fmt::format_string<Args...> format, Args&&... args) const {
    fail_at_byte(name_, at, format, std::forward<Args>(args)...);
  }

  void read_parameters() {
    if (in_.size() < kBlock || in_.u8(1) != kMagic) bad(1, "not a C3D file, expected 0x50");
    const size_t begin = (std::max<size_t>(in_.u8(0), 1) - 1) * kBlock;
    if (begin == 0) bad(0, "parameters in block {}, expected 2 or more", in_.u8(0));
    in_.processor = in_.u8(begin + 3);
    if (in_.processor < kIntel || in_.processor > kMips)
      bad(begin + 3, "processor {}, expected 84 (Intel), 85 (DEC) or 86 (MIPS)", in_.processor);
    const size_t blocks = in_.u8(begin + 2);
    // Some writers leave the number of blocks at zero; the list has an end of its own.
    const size_t end = blocks == 0 ? in_.size() : std::min(in_.size(), begin + blocks * kBlock);
    std::map<int, std::string> groups;
    std::vector<std::pair<int, std::pair<std::string, Parameter>>> parameters;
    for (size_t at = begin + 4; at + 2 <= end;) {
      const auto length = static_cast<size_t>(std::abs(static_cast<int8_t>(in_.u8(at))));
      const int id = static_cast<int8_t>(in_.u8(at + 1));
      if (length == 0) break;
      const std::string name = upper(trimmed(in_.text(at + 2, length)));
      const size_t link = at + 2 + length, body = link + 2;
      const size_t step = in_.u16(link);
      if (id < 0) {
        groups.emplace(-id, name);
      } else if (id > 0) {
        parameters.push_back({id, {name, read_parameter(body)}});
      }
      if (step == 0) break;
      if (step < 2) bad(link, "the next parameter is {} bytes on, expected 2 or more", step);
      at = link + step;
    }
    for (const auto& [id, named] : parameters) {
      const auto group = groups.find(id);
      if (group != groups.end())
        parameters_.emplace(group->second + ":" + named.first, named.second);
    }
    if (parameters_.empty()) bad(begin, "no parameters");
  }

  Parameter read_parameter(size_t at) const {
    Parameter out;
    out.type = static_cast<int8_t>(in_.u8(at));
    if (out.type != -1 && out.type != 1 && out.type != 2 && out.type != 4)
      bad(at, "parameter of type {}, expected -1, 1, 2 or 4", out.type);
    const size_t rank = in_.u8(at + 1);
    if (rank > 7) bad(at + 1, "parameter of {} dimensions, expected at most 7", rank);
    out.count = 1;
    for (size_t i = 0; i < rank; ++i) {
      out.sides.push_back(in_.u8(at + 2 + i));
      out.count *= out.sides.back();  // at most 255^7, which fits
    }
    out.at = at + 2 + rank;
    const auto size = static_cast<size_t>(std::abs(out.type));
    if (out.count > in_.size() / size) bad(at, "parameter of {} elements", out.count);
    in_.need(out.at, out.count * size, "a parameter");
    return out;
  }

  const Parameter* find(const std::string& name) const {
    const auto it = parameters_.find(name);
    return it == parameters_.end() || it->second.count == 0 ? nullptr : &it->second;
  }
  /// Element `i` as a number; whole numbers are taken without sign, as counts are.
  std::optional<double> number(const std::string& name, size_t i = 0) const {
    const Parameter* p = find(name);
    if (p == nullptr || p->type < 0 || i >= p->count) return std::nullopt;
    const size_t at = p->at + i * static_cast<size_t>(p->type);
    return p->type == 4 ? in_.real(at) : p->type == 2 ? in_.u16(at) : in_.u8(at);
  }
  std::vector<std::string> texts(const std::string& name) const {
    std::vector<std::string> out;
    const Parameter* p = find(name);
    if (p == nullptr || p->type != -1 || p->sides.empty() || p->sides[0] == 0) return out;
    for (size_t i = 0; i < p->count / p->sides[0]; ++i)
      out.push_back(trimmed(in_.text(p->at + i * p->sides[0], p->sides[0])));
    return out;
  }

  void read_header() {
    point_count_ = in_.u16(2);
    analog_per_frame_ = in_.u16(4);
    const int64_t first = in_.u16(6), last = in_.u16(8);
    out_.first_frame = first;
    frames_ = last - first + 1;
    scale_ = in_.real(12);
    data_at_ = in_.u16(16);
    const size_t analog_per_sample = in_.u16(18);
    rate_ = in_.real(20);
    out_.analog_channels =
        static_cast<int>(analog_per_frame_ / std::max<size_t>(analog_per_sample, 1));
  }

  /// Parameters know it better than the header, which holds only 16 bits.
  void read_settings() {
    if (const auto used = number("POINT:USED")) point_count_ = static_cast<size_t>(*used);
    if (const auto scale = number("POINT:SCALE")) scale_ = static_cast<float>(*scale);
    if (const auto rate = number("POINT:RATE"); rate && *rate > 0)
      rate_ = static_cast<float>(*rate);
    if (const auto start = number("POINT:DATA_START"); start && *start >= 2)
      data_at_ = static_cast<size_t>(*start);
    const auto long_number = [&](const char* name) -> std::optional<int64_t> {
      const auto low = number(name, 0), high = number(name, 1);
      if (!low || !high) return std::nullopt;
      return static_cast<int64_t>(*low) + 65536 * static_cast<int64_t>(*high);
    };
    const auto first = long_number("TRIAL:ACTUAL_START_FIELD"),
               last = long_number("TRIAL:ACTUAL_END_FIELD");
    if (first && last && *last >= *first && *first > 0) {
      out_.first_frame = *first;
      frames_ = *last - *first + 1;
    } else if (const auto frames = number("POINT:FRAMES");
               frames && *frames > 0 && *frames < 65535) {
      frames_ = static_cast<int64_t>(*frames);
    }
    if (point_count_ == 0 || point_count_ > kMaxPoints)
      bad(2, "{} markers, expected 1 to {}", point_count_, kMaxPoints);
    if (frames_ < 1) bad(6, "{} frames, expected 1 or more", frames_);
    if (!(std::abs(scale_) >= 1e-9f && std::abs(scale_) <= 1e6f))
      bad(12, "scale {}, expected a size from 1e-9 to 1e6", scale_);
    if (!(rate_ >= 1 && rate_ <= 1000)) bad(20, "{} frames per second, expected 1 to 1000", rate_);
    metres_ = unit();
    const std::vector<std::string> screen = texts("POINT:Y_SCREEN");
    if (!screen.empty() && !screen[0].empty()) {
      try {
        out_.up = motion::parse_axis(screen[0]);
      } catch (const Error&) {
        bad(0, "POINT:Y_SCREEN is not an axis");
      }
    }
  }

  float unit() const {
    const std::vector<std::string> units = texts("POINT:UNITS");
    const std::string text = units.empty() ? "" : upper(units[0]);
    if (text.empty() || text == "MM") return 0.001f;
    if (text == "CM") return 0.01f;
    if (text == "DM") return 0.1f;
    if (text == "M" || text == "METERS" || text == "METRES") return 1;
    if (text == "IN" || text == "INCH" || text == "INCHES") return 0.0254f;
    bad(0, "POINT:UNITS is \"{}\", expected mm, cm, m or in",
        is_text(text) ? text.substr(0, 20) : std::string("?"));
  }

  void read_labels() {
    std::vector<std::string>& names = out_.points.names;
    names = texts("POINT:LABELS");
    for (int more = 2; names.size() < point_count_; ++more) {
      const auto next = texts(fmt::format("POINT:LABELS{}", more));
      if (next.empty()) break;
      names.insert(names.end(), next.begin(), next.end());
    }
    names.resize(point_count_);
    const size_t colon = names[0].find(':');
    const std::string prefix = colon == std::string::npos ? "" : names[0].substr(0, colon + 1);
    const bool shared = !prefix.empty() && std::all_of(names.begin(), names.end(), [&](auto& name) {
      return name.empty() || name[0] == '*' || name.starts_with(prefix);
    });
    std::set<std::string> seen;
    for (size_t p = 0; p < names.size(); ++p) {
      if (shared && names[p].starts_with(prefix)) names[p].erase(0, prefix.size());
      if (names[p].empty() || !seen.insert(names[p]).second)
        names[p] = fmt::format("point {}", p + 1);
    }
  }

  void read_points() {
    if (data_at_ < 2) bad(16, "data in block {}, expected 2 or more", data_at_);
    const size_t begin = (data_at_ - 1) * kBlock;
    const bool real = scale_ < 0;
    const size_t size = real ? 4 : 2;
    const size_t row = (4 * point_count_ + analog_per_frame_) * size;
    const size_t room = begin < in_.size() ? in_.size() - begin : 0;
    if (static_cast<uint64_t>(frames_) > room / row)
      bad(begin, "announces {} frames of {} bytes, holds {}", frames_, row, room / row);
    const auto frames = static_cast<size_t>(frames_);
    motion::PointRecording& points = out_.points;
    const double whole = std::round(rate_);
    points.fps = std::abs(rate_ - whole) < 4e-4 * whole ? whole : static_cast<double>(rate_);
    points.positions.resize(3 * frames * point_count_);
    points.confidence.resize(frames * point_count_);
    out_.residuals.resize(frames * point_count_);
    const motion::Axis forward =
        out_.up == motion::Axis::PlusY || out_.up == motion::Axis::MinusY   ? motion::Axis::PlusZ
        : out_.up == motion::Axis::PlusX || out_.up == motion::Axis::MinusX ? motion::Axis::PlusZ
                                                                            : motion::Axis::MinusY;
    const motion::Quat turn = motion::canonical_from({out_.up, forward, 1.0});
    const float unit = std::abs(scale_);
    for (size_t f = 0; f < frames; ++f)
      for (size_t p = 0; p < point_count_; ++p) {
        const size_t at = begin + f * row + 4 * p * size, i = f * point_count_ + p;
        const auto value = [&](size_t k) {
          return real ? in_.real(at + 4 * k) : unit * static_cast<float>(in_.i16(at + 2 * k));
        };
        const float last = real ? in_.real(at + 12) : static_cast<float>(in_.i16(at + 6));
        if (!(std::abs(last) <= 40000)) bad(at, "residual {}, expected a 16-bit number", last);
        const int word = static_cast<int>(last);
        out_.residuals[i] = -1;
        if (word < 0) continue;  // not seen
        const Vec3 place = metres_ * Vec3{value(0), value(1), value(2)};
        if (!(std::abs(place.x) <= 1e4f && std::abs(place.y) <= 1e4f && std::abs(place.z) <= 1e4f))
          bad(at, "marker {} is not within 10 km in frame {}", p + 1, f + 1);
        const Vec3 ours = turn * place;
        points.positions[3 * i] = ours.x;
        points.positions[3 * i + 1] = ours.y;
        points.positions[3 * i + 2] = ours.z;
        points.confidence[i] = 1;
        out_.residuals[i] = metres_ * unit * static_cast<float>(word & 0xff);
      }
  }

  Numbers in_;
  const std::string& name_;
  std::map<std::string, Parameter> parameters_;
  size_t point_count_ = 0, analog_per_frame_ = 0, data_at_ = 0;
  int64_t frames_ = 0;
  float scale_ = 0, rate_ = 0, metres_ = 0.001f;
  C3d out_;
};

}  // namespace

C3d parse_c3d(std::string_view bytes, const std::string& name) {
  return Reader(bytes, name).read();
}

C3d read_c3d(const std::filesystem::path& path) {
  return parse_c3d(read_file(path), path.string());
}

}  // namespace pantomime::formats
