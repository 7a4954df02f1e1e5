#include "pantomime/library/set_index.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr double kOpenEnd = std::numeric_limits<double>::infinity();

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Frames of a clip that a span of seconds covers.
Segment to_segment(double first, double last, int64_t frames, const CommonLabel& label) {
  const auto end = static_cast<double>(frames);
  const auto frame = [&](double seconds) {
    return static_cast<int64_t>(std::clamp(std::round(seconds * motion::kFps), 0.0, end));
  };
  return {frame(first), frame(last), label.label, label.detail};
}

/// Joins segments of one label that touch: two tables often mark the same walk.
std::vector<Segment> merged(std::vector<Segment> segments) {
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Segment& a, const Segment& b) { return a.first < b.first; });
  std::vector<Segment> result;
  for (const Segment& segment : segments) {
    if (segment.last <= segment.first) continue;
    const auto same = std::find_if(result.begin(), result.end(), [&](const Segment& other) {
      return other.label == segment.label && segment.first <= other.last;
    });
    if (same == result.end()) {
      result.push_back(segment);
    } else {
      same->last = std::max(same->last, segment.last);
    }
  }
  return result;
}

}  // namespace

SetIndex::SetIndex(SetDescription description, const fs::path& folder, const LabelMap& labels)
    : description_(std::move(description)), labels_(labels) {
  if (!description_.index.empty()) read_index(folder / description_.index, {});
  for (const PointArray& array : description_.arrays)
    read_index(folder / array.recordings, array.prefix);
  fingerprint_ += sha256_hex(description_.text);
  for (const SegmentTable& table : description_.segments) {
    const fs::path file = folder / table.file;
    if (table.optional && !fs::exists(file)) continue;
    read_segments(table, file);
  }
  label_files_ = LabelFiles(description_, folder);
  fingerprint_ = sha256_hex(fingerprint_ + label_files_.fingerprint() + labels_.fingerprint());
  // A wrong {column} should be told before the work begins.
  for (const std::string* text :
       {&description_.subject, &description_.label, &description_.style, &description_.caption})
    expand(*text, rows_.empty() ? std::string() : rows_.begin()->first);
}

void SetIndex::read_index(const fs::path& file, const std::string& prefix) {
  const std::string text = read_file(file, uint64_t{256} << 20);
  fingerprint_ += sha256_hex(text);
  formats::CsvTable table = formats::parse_csv(text, file.string());
  const bool first = index_.columns.empty();
  if (first) {
    index_.name = table.name;
    index_.columns = table.columns;
  }
  std::vector<size_t> columns;  // of this table, in the order of the first
  for (const std::string& column : index_.columns) columns.push_back(table.column(column));
  const size_t path = table.column(description_.path);
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const std::string name =
        prefix.empty() ? table.rows[r][path] : prefix + "/" + table.rows[r][path];
    if (!rows_.emplace(name, index_.rows.size()).second)
      fail_at_line(table.name, table.lines[r], "\"{}\" is listed twice", name);
    std::vector<std::string> row;
    for (const size_t column : columns) row.push_back(std::move(table.rows[r][column]));
    index_.rows.push_back(std::move(row));
    index_.lines.push_back(table.lines[r]);
  }
  if (!description_.split_column.empty()) index_.column(description_.split_column);
}

void SetIndex::read_segments(const SegmentTable& table, const fs::path& file) {
  const std::string text = read_file(file, uint64_t{256} << 20);
  fingerprint_ += sha256_hex(text);
  const formats::CsvTable csv = formats::parse_csv(text, file.string());
  const size_t path = csv.column(table.path), label = csv.column(table.label),
               first = csv.column(table.first), last = csv.column(table.last);
  std::vector<std::pair<size_t, std::string>> where;
  for (const auto& [column, value] : table.where) where.emplace_back(csv.column(column), value);

  Table result{table, {}};
  if (result.description.label_map.empty()) result.description.label_map = description_.label_map;
  for (size_t r = 0; r < csv.rows.size(); ++r) {
    const std::vector<std::string>& row = csv.rows[r];
    if (!std::all_of(where.begin(), where.end(),
                     [&](const auto& w) { return row[w.first] == w.second; }))
      continue;
    const auto begin = parse_number<double>(row[first]);
    const auto end = row[last].empty() ? kOpenEnd : parse_number<double>(row[last]);
    if (!begin || !end || !(*begin >= 0) || std::isnan(*end))
      fail_at_line(csv.name, csv.lines[r], "interval \"{}\" to \"{}\", expected two numbers",
                   row[first], row[last]);
    result.intervals[row[path]].push_back({*begin / table.per_second,
                                           *end / table.per_second,
                                           row[label],
                                           result.description.label_map,
                                           {}});
  }
  for (auto& [name, intervals] : result.intervals) {
    std::stable_sort(intervals.begin(), intervals.end(),
                     [](const Interval& a, const Interval& b) { return a.first < b.first; });
    // Acts between two marked ones, e.g. sitting.
    std::vector<Interval> more;
    for (const SegmentTable::Between& between : table.between) {
      const Interval* after = nullptr;
      for (const Interval& interval : intervals) {
        if (interval.label == between.after) {
          after = &interval;
        } else if (interval.label == between.before) {
          if (after != nullptr && interval.first > after->last)
            more.push_back(
                {after->last, interval.first, between.label, result.description.label_map, {}});
          after = nullptr;
        }
      }
    }
    intervals.insert(intervals.end(), more.begin(), more.end());
  }
  tables_.push_back(std::move(result));
}

std::string SetIndex::listed_path(const std::string& path) const {
  std::string_view rest = path;
  for (;;) {
    if (rows_.contains(std::string(rest))) return std::string(rest);
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return path;
    rest.remove_prefix(slash + 1);
  }
}

std::vector<std::string> SetIndex::paths() const {
  std::vector<std::string> result;
  for (const auto& entry : rows_) result.push_back(entry.first);
  return result;
}

std::string SetIndex::expand(const std::string& text, const std::string& path) const {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '{') {
      result += text[at++];
      continue;
    }
    const size_t close = text.find('}', at);
    if (close == std::string::npos)
      fail("set {}: \"{}\": no closing brace", description_.name, text);
    const std::string key = text.substr(at + 1, close - at - 1);
    const auto row = rows_.find(path);
    if (const auto column = index_.find(key)) {
      if (row != rows_.end()) result += index_.rows[row->second][*column];
    } else if (key == "folder") {
      result += fs::path(path).parent_path().filename().string();
    } else if (key == "folders") {
      result += fs::path(path).parent_path().generic_string();
    } else if (key == "stem") {
      result += fs::path(path).stem().string();
    } else {
      fail("set {}: \"{}\": {} has no column \"{}\"", description_.name, text,
           index_.name.empty() ? "the set without an index" : index_.name, key);
    }
    at = close + 1;
  }
  return result;
}

std::string SetIndex::split_of(const std::string& path, const std::string& subject,
                               const std::string& said) const {
  const auto is_in = [&](const PointArray& array) {
    return array.prefix.empty() || path.starts_with(array.prefix + "/");
  };
  const auto measured_on = [&](const PointArray& array) { return array.benchmark && is_in(array); };
  if (description_.benchmark ||
      std::any_of(description_.arrays.begin(), description_.arrays.end(), measured_on))
    return "benchmark";
  const auto listed = description_.splits_of_files.find(path);
  if (listed != description_.splits_of_files.end()) return listed->second;
  if (contains(description_.test_subjects, subject)) return "test";
  if (contains(description_.val_subjects, subject)) return "val";
  if (!said.empty()) return said;
  const auto row = rows_.find(path);
  if (description_.split_column.empty() || row == rows_.end()) return "train";
  const std::string& text = index_.rows[row->second][index_.column(description_.split_column)];
  const auto value = parse_number<int64_t>(text);
  if (!value)
    fail_at_line(index_.name, index_.lines[row->second], "{} is \"{}\", expected a whole number",
                 description_.split_column, text);
  const int64_t rest = *value % description_.modulo;
  const auto has = [&](const std::vector<int64_t>& list) {
    return std::find(list.begin(), list.end(), rest) != list.end();
  };
  return has(description_.test_values) ? "test" : has(description_.val_values) ? "val" : "train";
}

std::vector<SetIndex::Interval> SetIndex::intervals_of(const std::string& path) const {
  std::vector<Interval> result;
  const std::string label = expand(description_.label, path);
  if (!label.empty()) result.push_back({0, kOpenEnd, label, description_.label_map, {}});
  for (const Table& table : tables_) {
    const auto found = table.intervals.find(path);
    if (found == table.intervals.end()) continue;
    std::erase_if(result, [&](const Interval& interval) {
      return contains(table.description.replaces, interval.label);
    });
    result.insert(result.end(), found->second.begin(), found->second.end());
  }
  return result;
}

ClipInfo SetIndex::describe(const std::string& path, double begin, int64_t frames,
                            std::set<std::string>* unlabelled) const {
  ClipInfo info;
  info.name = description_.name + "/" + path;
  info.set = description_.name;
  const auto listed = description_.subjects_of_files.find(path);
  info.subject = listed != description_.subjects_of_files.end()
                     ? listed->second
                     : expand(description_.subject, path);
  const auto renamed = description_.renamed_subjects.find(info.subject);
  if (renamed != description_.renamed_subjects.end()) info.subject = renamed->second;
  const FileLabels said = label_files_.find(path);
  info.split = split_of(path, info.subject, said.split);
  info.style = expand(description_.style, path);
  info.caption = expand(description_.caption, path);
  if (info.caption.empty()) info.caption = said.caption;
  info.licence = description_.licence;
  info.source = description_.source;
  info.weight = description_.weight;
  info.frames = frames;
  std::vector<Segment> segments;
  std::vector<Interval> intervals = intervals_of(path);
  for (const LabelledSpan& span : said.spans)
    intervals.push_back(
        {span.first, span.last, span.label, description_.babel->label_map, span.words});
  for (const Interval& interval : intervals) {
    // A set without a table in the label map brings its own classes.
    auto label = labels_.has(interval.label_map)
                     ? labels_.find(interval.label_map, interval.label)
                     : std::optional(CommonLabel{interval.label, interval.label});
    if (label) {
      if (!interval.detail.empty()) label->detail = interval.detail;
      segments.push_back(to_segment(interval.first - begin, interval.last - begin, frames, *label));
    } else if (unlabelled != nullptr) {
      unlabelled->insert(interval.label);
    }
  }
  info.segments = merged(std::move(segments));
  return info;
}

}  // namespace pantomime::library
