#include "pantomime/formats/point_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {
namespace {

using motion::Vec3;

constexpr double kMaxPlace = 1e4;

template <typename Number>
Number field(const CsvTable& table, size_t row, size_t column, const char* expected) {
  const std::string& text = table.rows[row][column];
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size())
    fail_at_line(table.name, table.lines[row], "{} is {}, expected {}", table.columns[column],
                 shown(text), expected);
  return value;
}

}  // namespace

PointTable::PointTable(NpyArray array, CsvTable recordings, const CsvTable& points,
                       const std::string& name, const PointTableOptions& options)
    : array_(std::move(array)), recordings_(std::move(recordings)), name_(name), options_(options) {
  const auto& shape = array_.shape;
  if (array_.type == NpyType::Text || shape.size() != 3 || shape[1] < 1 ||
      (shape[2] != 3 && shape[2] != 4))
    throw ParseError(name + ": expected numbers of shape (frames, points, 3 or 4)");
  const size_t label = points.column("name");
  for (const auto& row : points.rows) names_.push_back(row[label]);
  if (static_cast<int64_t>(names_.size()) != shape[1])
    throw ParseError(
        fmt::format("{}: {} names, the array has {} points", points.name, names_.size(), shape[1]));
  const size_t start = recordings_.column("start"), frames = recordings_.column("frames");
  const auto fps = recordings_.find("fps");
  for (size_t r = 0; r < recordings_.rows.size(); ++r) {
    const auto first = field<int64_t>(recordings_, r, start, "a whole number");
    const auto count = field<int64_t>(recordings_, r, frames, "a whole number");
    if (first < 0 || count < 0 || count > shape[0] || first > shape[0] - count)
      fail_at_line(recordings_.name, recordings_.lines[r], "frames {} and {} on, the array has {}",
                   first, count, shape[0]);
    ranges_.emplace_back(first, count);
    fps_.push_back(fps ? field<double>(recordings_, r, *fps, "frames per second") : options.fps);
    if (!(fps_.back() >= 1 && fps_.back() <= 1000))
      fail_at_line(recordings_.name, recordings_.lines[r],
                   "{} frames per second, expected 1 to 1000", fps_.back());
  }
}

motion::PointRecording PointTable::recording(size_t i) const {
  PANTOMIME_CHECK(i < size(), "{}: recording {}, there are {}", name_, i, size());
  const auto [first, count] = ranges_[i];
  PANTOMIME_CHECK(count > 0, "{}: a recording without frames", recordings_.name);
  const auto width = static_cast<size_t>(array_.shape[2]);
  const motion::Quat turn = motion::canonical_from(options_.axes);
  motion::PointRecording out;
  out.fps = fps_[i];
  out.names = names_;
  const std::vector<double> numbers = doubles_of(rows_of(array_, first, count), name_);
  for (size_t at = 0; at < numbers.size(); at += width) {
    std::array<double, 4> v = {0, 0, 0, 1};
    for (size_t k = 0; k < width; ++k) v[k] = numbers[at + k];
    const bool missing = options_.zeros_are_missing && v[0] == 0 && v[1] == 0 && v[2] == 0;
    for (size_t k = 0; k < 3; ++k) v[k] *= options_.axes.metres_per_unit;
    double confidence = width == 4 ? v[3] * options_.confidence_per_unit : 1;
    // Not finite is not found; a fourth number that is none says nothing.
    const auto sane = [](double x) { return std::abs(x) <= kMaxPlace; };
    const bool found = !missing && sane(v[0]) && sane(v[1]) && sane(v[2]) && sane(confidence);
    confidence = found ? std::clamp(confidence, 0.0, 1.0) : 0;
    const Vec3 ours = found ? turn * Vec3{static_cast<float>(v[0]), static_cast<float>(v[1]),
                                          static_cast<float>(v[2])}
                            : Vec3{};
    out.positions.insert(out.positions.end(), {ours.x, ours.y, ours.z});
    out.confidence.push_back(static_cast<float>(confidence));
  }
  return out;
}

PointTable read_point_table(const std::filesystem::path& array,
                            const std::filesystem::path& recordings,
                            const std::filesystem::path& points, const PointTableOptions& options) {
  const std::string name = array.string();
  return PointTable(parse_npy(decompressed(read_file(array), name), name), read_csv(recordings),
                    read_csv(points), name, options);
}

motion::PointRecording parse_points_csv(std::string_view text, const std::string& name,
                                        double fps) {
  const CsvTable table = parse_csv(text, name);
  struct Columns {
    std::array<std::optional<size_t>, 4> at;  ///< x, y, z, confidence
  };
  std::vector<std::string> names;
  std::map<std::string, Columns> columns;
  constexpr std::array<std::string_view, 4> kEndings = {"_x", "_y", "_z", "_confidence"};
  for (size_t c = 0; c < table.columns.size(); ++c)
    for (size_t k = 0; k < 4; ++k) {
      const std::string& column = table.columns[c];
      if (!column.ends_with(kEndings[k]) || column.size() == kEndings[k].size()) continue;
      const std::string point = column.substr(0, column.size() - kEndings[k].size());
      if (!columns.contains(point)) names.push_back(point);
      columns[point].at[k] = c;
    }
  if (names.empty()) fail_at_line(name, 1, "no columns NAME_x, NAME_y, NAME_z");
  for (const std::string& point : names)
    for (size_t k = 0; k < 3; ++k)
      if (!columns[point].at[k])
        fail_at_line(name, 1, "no column {}", shown(point + std::string(kEndings[k])));
  if (table.rows.empty()) fail_at_line(name, 1, "no frames");

  motion::PointRecording out;
  out.names = names;
  out.fps = fps;
  if (const auto time = table.find("time"); time && table.rows.size() > 1) {
    const size_t last = table.rows.size() - 1;
    const double span =
        field<double>(table, last, *time, "seconds") - field<double>(table, 0, *time, "seconds");
    out.fps = static_cast<double>(last) / span;
    const double whole = std::round(out.fps);
    if (std::abs(out.fps - whole) < 4e-4 * whole) out.fps = whole;
  }
  if (!(out.fps >= 1 && out.fps <= 1000))
    fail_at_line(name, 1, "{} frames per second, expected 1 to 1000", out.fps);
  for (size_t r = 0; r < table.rows.size(); ++r)
    for (const std::string& point : names) {
      const Columns& at = columns[point];
      const bool missing = table.rows[r][*at.at[0]].empty() || table.rows[r][*at.at[1]].empty() ||
                           table.rows[r][*at.at[2]].empty();
      for (size_t k = 0; k < 3; ++k) {
        const double value = missing ? 0 : field<double>(table, r, *at.at[k], "metres");
        if (!(std::abs(value) <= kMaxPlace))
          fail_at_line(name, table.lines[r], "{} is {}, expected at most {:g} m",
                       table.columns[*at.at[k]], value, kMaxPlace);
        out.positions.push_back(static_cast<float>(value));
      }
      double confidence = missing ? 0 : 1;
      if (!missing && at.at[3])
        confidence = field<double>(table, r, *at.at[3], "a confidence from 0 to 1");
      if (!(confidence >= 0 && confidence <= 1))
        fail_at_line(name, table.lines[r], "confidence {}, expected 0 to 1", confidence);
      out.confidence.push_back(static_cast<float>(confidence));
    }
  return out;
}

std::string to_points_csv(const motion::PointRecording& points, int decimals) {
  points.validate();
  PANTOMIME_CHECK(decimals >= 0 && decimals <= 9, "CSV: {} decimals, expected 0 to 9", decimals);
  const bool doubt = std::any_of(points.confidence.begin(), points.confidence.end(),
                                 [](float c) { return c != 1; });
  std::string out = "frame,time";
  for (const std::string& name : points.names) {
    PANTOMIME_CHECK(name.find_first_of(",\"\r\n") == std::string::npos,
                    "CSV: point {} has a mark of the format in its name", shown(name));
    out += fmt::format(",{0}_x,{0}_y,{0}_z", name);
    if (doubt) out += "," + name + "_confidence";
  }
  out += "\n";
  const size_t count = points.point_count();
  for (size_t f = 0; f < points.frame_count(); ++f) {
    out += fmt::format("{},{:.6f}", f, static_cast<double>(f) / points.fps);
    for (size_t p = 0; p < count; ++p) {
      const float* at = &points.positions[3 * (f * count + p)];
      const float confidence = points.confidence[f * count + p];
      if (confidence > 0)
        out += fmt::format(",{:.{}f},{:.{}f},{:.{}f}", at[0], decimals, at[1], decimals, at[2],
                           decimals);
      else
        out += ",,,";
      if (doubt) out += fmt::format(",{:.6g}", confidence);
    }
    out += "\n";
  }
  return out;
}

std::string to_points_csv(const motion::Clip& clip, int decimals) {
  clip.validate();
  return to_points_csv(motion::points_of(clip), decimals);
}

void write_points_csv(const std::filesystem::path& path, const motion::Clip& clip, int decimals) {
  write_file(path, to_points_csv(clip, decimals));
}

}  // namespace pantomime::formats
