#include "pantomime/formats/bvh.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <unordered_map>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;

constexpr size_t kMaxJoints = 4096;
constexpr double kMaxNumber = 1e9;  // beyond it float positions mean nothing

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/// Shortens what a message quotes and hides bytes that would spoil a line.
std::string shown(std::string_view word) {
  std::string out = "\"";
  for (const char c : word.substr(0, 40)) out += c >= ' ' && c != '\x7f' ? c : '?';
  return out + (word.size() > 40 ? "…\"" : "\"");
}

/// Words of a text, with the line they stand on.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& name)
      : at_(text.data()), end_(text.data() + text.size()), name_(name) {
    if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;
  }

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    fail_at_line(name_, line_, format, std::forward<Args>(args)...);
  }

  /// Next word of the file; braces and colons are words of their own. Empty at the end.
  std::string_view word() {
    skip_lines();
    return take();
  }
  std::string_view peek() {
    skip_lines();
    const char* const before = at_;
    const std::string_view next = take();
    at_ = before;
    return next;
  }
  void expect(std::string_view wanted) {
    const std::string_view found = word();
    if (found != wanted)
      fail("found {}, expected \"{}\"", found.empty() ? "the end" : shown(found), wanted);
  }
  /// Rest of the line without blanks around it; stops before a brace.
  std::string_view rest_of_line() {
    skip_blanks();
    const char* const begin = at_;
    while (at_ != end_ && *at_ != '\n' && *at_ != '{' && *at_ != '}') ++at_;
    const char* last = at_;
    while (last != begin && is_blank(last[-1])) --last;
    return {begin, static_cast<size_t>(last - begin)};
  }
  /// True when nothing but blanks is left on this line.
  bool at_line_end() {
    skip_blanks();
    return at_ == end_ || *at_ == '\n';
  }
  bool at_end() {
    skip_lines();
    return at_ == end_;
  }
  /// A number on this line.
  double number(const char* what) {
    if (at_line_end()) fail("{} is missing", what);
    const char* const begin = at_ + (*at_ == '+' ? 1 : 0);
    double value = 0;
    const auto [rest, error] = std::from_chars(begin, end_, value);
    const bool whole = rest == end_ || is_blank(*rest) || *rest == '\n' || *rest == '}';
    if (error != std::errc() || !whole || !(std::abs(value) <= kMaxNumber))
      fail("{} is {}, expected a number of at most {:g}", what, shown(take()), kMaxNumber);
    at_ = rest;
    return value;
  }
  int64_t count(const char* what) {
    if (at_line_end()) fail("{} is missing", what);
    const std::string_view text = take();
    int64_t value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size() || value < 0)
      fail("{} is {}, expected a whole number", what, shown(text));
    return value;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
  }
  void skip_lines() {
    for (; at_ != end_ && (is_blank(*at_) || *at_ == '\n'); ++at_) line_ += *at_ == '\n' ? 1 : 0;
  }
  static bool is_mark(char c) { return c == '{' || c == '}' || c == ':'; }
  std::string_view take() {
    const char* const begin = at_;
    if (at_ != end_ && is_mark(*at_)) return {begin, static_cast<size_t>(++at_ - begin)};
    while (at_ != end_ && !is_blank(*at_) && *at_ != '\n' && !is_mark(*at_)) ++at_;
    return {begin, static_cast<size_t>(at_ - begin)};
  }

  const char* at_;
  const char* end_;
  const std::string& name_;
  int64_t line_ = 1;
};

/// What a joint's numbers in a row mean.
struct Channels {
  struct Position {
    int axis;
    size_t index;  ///< among the joint's channels
  };
  size_t first = 0, count = 0;  ///< in the row
  std::vector<Position> positions;
  std::vector<Position> rotations;  ///< in the order of multiplication
  bool plain = false;               ///< three rotations about different axes
  std::array<int, 3> order{};       ///< then: their axes
};

class Reader {
 public:
  Reader(std::string_view text, const std::string& name, double metres_per_unit)
      : scan_(text, name), size_(text.size()), scale_(metres_per_unit) {}

  Clip read() {
    read_hierarchy();
    read_motion();
    return std::move(clip_);
  }

 private:
  Vec3 read_offset() {
    scan_.expect("OFFSET");
    const double x = scan_.number("x of OFFSET"), y = scan_.number("y of OFFSET"),
                 z = scan_.number("z of OFFSET");
    return {metres(x), metres(y), metres(z)};
  }
  float metres(double units) const { return static_cast<float>(units * scale_); }

  void read_hierarchy() {
    scan_.expect("HIERARCHY");
    scan_.expect("ROOT");
    std::vector<int> open;  // path of joints whose brace is open
    open_joint(open);
    while (!open.empty()) {
      const std::string_view word = scan_.word();
      if (word == "}") {
        open.pop_back();
      } else if (word == "JOINT") {
        open_joint(open);
      } else if (word == "End") {
        scan_.rest_of_line();  // "Site"
        scan_.expect("{");
        clip_.skeleton.end_sites.push_back({open.back(), read_offset()});
        scan_.expect("}");
      } else {
        scan_.fail("found {} in joint {}, expected JOINT, End Site or \"}}\"",
                   word.empty() ? "the end" : shown(word),
                   shown(clip_.skeleton.names[static_cast<size_t>(open.back())]));
      }
    }
  }

  void open_joint(std::vector<int>& open) {
    motion::Skeleton& skeleton = clip_.skeleton;
    const std::string name(scan_.rest_of_line());
    if (name.empty()) scan_.fail("a joint without a name");
    if (!indices_.emplace(name, skeleton.names.size()).second)
      scan_.fail("a second joint is called {}", shown(name));
    if (skeleton.names.size() == kMaxJoints) scan_.fail("more than {} joints", kMaxJoints);
    scan_.expect("{");
    skeleton.names.push_back(name);
    skeleton.parents.push_back(open.empty() ? -1 : open.back());
    skeleton.offsets.push_back(read_offset());
    channels_.push_back(scan_.peek() == "CHANNELS" ? read_channels() : Channels{.first = width_});
    open.push_back(static_cast<int>(skeleton.names.size()) - 1);
  }

  Channels read_channels() {
    scan_.expect("CHANNELS");
    Channels channels;
    channels.first = width_;
    const int64_t announced = scan_.count("number of CHANNELS");
    if (announced > 6) scan_.fail("{} CHANNELS, expected at most 6", announced);
    while (!scan_.at_line_end()) {
      const std::string_view word = scan_.word();
      const bool named = word.size() > 1 && word[0] >= 'X' && word[0] <= 'Z';
      const std::string_view kind = named ? word.substr(1) : std::string_view();
      if (kind != "position" && kind != "rotation")
        scan_.fail("channel {}, expected Xposition, Xrotation, …", shown(word));
      auto& list = kind == "position" ? channels.positions : channels.rotations;
      const int axis = word[0] - 'X';
      if (std::any_of(list.begin(), list.end(), [&](auto& c) { return c.axis == axis; }))
        scan_.fail("channel {} twice", shown(word));
      list.push_back({axis, channels.count++});
    }
    if (static_cast<int64_t>(channels.count) != announced)
      scan_.fail("CHANNELS announces {}, names {}", announced, channels.count);
    channels.plain = channels.rotations.size() == 3;
    if (channels.plain)
      for (size_t i = 0; i < 3; ++i) channels.order[i] = channels.rotations[i].axis;
    width_ += channels.count;
    return channels;
  }

  void read_motion() {
    scan_.expect("MOTION");
    scan_.expect("Frames");
    scan_.expect(":");
    const int64_t frames = scan_.count("number of frames");
    scan_.expect("Frame");
    scan_.expect("Time");
    scan_.expect(":");
    clip_.fps = rate(scan_.number("frame time"));
    if (!scan_.at_line_end()) scan_.fail("more than one number for the frame time");
    if (frames == 0) scan_.fail("no frames");
    if (width_ == 0) scan_.fail("no joint has CHANNELS");
    // Every joint of every frame costs memory, also one without channels.
    const auto joints = static_cast<int64_t>(clip_.joint_count());
    if (frames > static_cast<int64_t>(size_) || frames * joints > 16 * static_cast<int64_t>(size_))
      scan_.fail("announces {} frames of {} joints, too many for a file of {} bytes", frames,
                 joints, size_);
    for (size_t j = 1; j < clip_.joint_count(); ++j)
      if (!channels_[j].positions.empty()) clip_.moving_joints.push_back(static_cast<int>(j));
    clip_.root_positions.reserve(static_cast<size_t>(frames));
    clip_.rotations.reserve(static_cast<size_t>(frames * joints));
    clip_.translations.reserve(static_cast<size_t>(frames) * clip_.moving_joints.size());
    std::vector<double> row(width_);
    for (int64_t f = 0; f < frames; ++f) {
      if (scan_.at_end()) scan_.fail("{} rows, the file announces {} frames", f, frames);
      for (size_t i = 0; i < width_; ++i) {
        if (scan_.at_line_end())
          scan_.fail("row of frame {} has {} numbers, expected {}", f, i, width_);
        row[i] = scan_.number("value");
      }
      if (!scan_.at_line_end()) scan_.fail("row of frame {} has more than {} numbers", f, width_);
      take_row(row);
    }
    if (!scan_.at_end()) scan_.fail("more rows than the {} frames announced", frames);
  }

  double rate(double seconds) const {
    if (!(seconds >= 0.001 && seconds <= 1))
      scan_.fail("frame time {}, expected 0.001 to 1 seconds", seconds);
    const double fps = 1 / seconds, whole = std::round(fps);
    return std::abs(fps - whole) < 4e-4 * fps ? whole : fps;
  }

  void take_row(const std::vector<double>& row) {
    for (size_t j = 0; j < clip_.joint_count(); ++j) {
      const Channels& channels = channels_[j];
      const double* values = row.data() + channels.first;
      if (j == 0 || !channels.positions.empty()) {
        Vec3 at = clip_.skeleton.offsets[j];
        for (const auto [axis, index] : channels.positions)
          (axis == 0 ? at.x : axis == 1 ? at.y : at.z) = metres(values[index]);
        (j == 0 ? clip_.root_positions : clip_.translations).push_back(at);
      }
      clip_.rotations.push_back(rotation(channels, values));
    }
  }

  static Quat rotation(const Channels& channels, const double* values) {
    constexpr double kRadians = std::numbers::pi / 180;
    // The angle's own turns are taken off first: sines of huge angles are slow and meaningless.
    const auto angle = [&](size_t i) {
      return std::remainder(values[channels.rotations[i].index], 720.0) * kRadians;
    };
    if (channels.plain) return motion::from_euler(channels.order, {angle(0), angle(1), angle(2)});
    Quat q;
    for (size_t i = 0; i < channels.rotations.size(); ++i) {
      const int axis = channels.rotations[i].axis;
      const Vec3 unit{axis == 0 ? 1.f : 0.f, axis == 1 ? 1.f : 0.f, axis == 2 ? 1.f : 0.f};
      q = q * motion::from_axis_angle(unit, static_cast<float>(angle(i)));
    }
    return motion::normalized(q);
  }

  Scanner scan_;
  size_t size_;
  double scale_;
  Clip clip_;
  std::vector<Channels> channels_;                   ///< [J]
  std::unordered_map<std::string, size_t> indices_;  ///< only to find names used twice
  size_t width_ = 0;                                 ///< numbers in a row
};

/// Where a leaf of the canonical skeleton ends, so that other tools draw a head, hands and toes.
Vec3 leaf_end(const motion::Skeleton& skeleton, size_t joint) {
  const std::string& name = skeleton.names[joint];
  if (name == "head") return {0, 0.17f, 0.02f};
  if (name == "left_wrist") return {0.16f, 0, 0};
  if (name == "right_wrist") return {-0.16f, 0, 0};
  if (name == "left_foot" || name == "right_foot") return {0, 0, 0.07f};
  return {};
}

class Writer {
 public:
  Writer(const Clip& clip, const BvhOptions& options) : clip_(clip), options_(options) {
    clip.validate();
    PANTOMIME_CHECK(options.metres_per_unit > 0 && std::isfinite(options.metres_per_unit),
                    "BVH: {} metres per unit, expected a number above 0", options.metres_per_unit);
    PANTOMIME_CHECK(options.decimals >= 0 && options.decimals <= 9,
                    "BVH: {} decimals, expected 0 to 9", options.decimals);
    std::string sorted = options.euler_order;
    std::sort(sorted.begin(), sorted.end());
    PANTOMIME_CHECK(sorted == "XYZ", "BVH: Euler order \"{}\", expected X, Y and Z in some order",
                    options.euler_order);
    for (size_t i = 0; i < 3; ++i) order_[i] = options.euler_order[i] - 'X';
    children_.resize(clip.joint_count());
    for (size_t j = 1; j < clip.joint_count(); ++j)
      children_[static_cast<size_t>(clip.skeleton.parents[j])].push_back(j);
    ends_.resize(clip.joint_count());
    for (const auto& site : clip.skeleton.end_sites)
      ends_[static_cast<size_t>(site.parent)].push_back(site.offset);
    moving_.assign(clip.joint_count(), -1);
    for (size_t m = 0; m < clip.moving_joints.size(); ++m)
      moving_[static_cast<size_t>(clip.moving_joints[m])] = static_cast<int>(m);
  }

  std::string write() {
    out_ = "HIERARCHY\n";
    write_joints();
    fmt::format_to(std::back_inserter(out_), "MOTION\nFrames: {}\nFrame Time: {:.9g}\n",
                   clip_.frame_count(), 1 / clip_.fps);
    std::vector<std::array<double, 3>> angles(clip_.joint_count());
    for (size_t f = 0; f < clip_.frame_count(); ++f) {
      for (const size_t j : sequence_) {
        if (j == 0)
          number_row(clip_.root_positions[f]);
        else if (moving_[j] >= 0)
          number_row(
              clip_.translations[f * clip_.moving_joints.size() + static_cast<size_t>(moving_[j])]);
        angles[j] = continued(motion::to_euler(order_, clip_.rotation(f, j)), angles[j], f > 0);
        for (const double a : angles[j]) number(a * 180 / std::numbers::pi, ' ');
      }
      out_.back() = '\n';
    }
    return std::move(out_);
  }

 private:
  void write_joints() {
    // Depth first without recursion: a stack of joints still to open and of braces to close.
    struct Step {
      size_t joint;
      size_t depth;
      bool close;
    };
    std::vector<Step> steps = {{0, 0, false}};
    while (!steps.empty()) {
      const Step step = steps.back();
      steps.pop_back();
      const std::string indent(step.depth, '\t');
      if (step.close) {
        out_ += indent + "}\n";
        continue;
      }
      const size_t j = step.joint;
      sequence_.push_back(j);
      out_ += indent + (j == 0 ? "ROOT " : "JOINT ") + clean_name(clip_.skeleton.names[j]) + "\n" +
              indent + "{\n";
      offset(indent, j == 0 ? Vec3{} : clip_.skeleton.offsets[j]);
      const bool six = j == 0 || moving_[j] >= 0;
      out_ += indent + (six ? "\tCHANNELS 6 Xposition Yposition Zposition" : "\tCHANNELS 3");
      for (const char axis : options_.euler_order) out_ += fmt::format(" {}rotation", axis);
      out_ += "\n";
      std::vector<Vec3> ends = ends_[j];
      if (ends.empty() && children_[j].empty()) ends = {leaf_end(clip_.skeleton, j)};
      for (const Vec3& end : ends) {
        out_ += indent + "\tEnd Site\n" + indent + "\t{\n";
        offset(indent + "\t", end);
        out_ += indent + "\t}\n";
      }
      steps.push_back({j, step.depth, true});
      for (size_t c = children_[j].size(); c-- > 0;)
        steps.push_back({children_[j][c], step.depth + 1, false});
    }
  }
  static std::string clean_name(std::string name) {
    for (char& c : name)
      if (is_blank(c) || c == '\n' || c == '{' || c == '}') c = '_';
    return name;
  }
  void offset(const std::string& indent, Vec3 v) {
    out_ += indent + "\tOFFSET ";
    number_row(v);
    out_.back() = '\n';
  }
  void number_row(Vec3 v) {
    for (const float value : {v.x, v.y, v.z}) number(value / options_.metres_per_unit, ' ');
  }
  void number(double value, char after) {
    const size_t begin = out_.size();
    fmt::format_to(std::back_inserter(out_), "{:.{}f}", value, options_.decimals);
    if (out_.find('.', begin) != std::string::npos) {
      while (out_.back() == '0') out_.pop_back();
      if (out_.back() == '.') out_.pop_back();
    }
    if (std::string_view(out_).substr(begin) == "-0") out_.erase(begin, 1);
    out_ += after;
  }
  /// Of the two ways to write a rotation, each up to full turns, the one nearest to the frame
  /// before.
  static std::array<double, 3> continued(std::array<double, 3> a,
                                         const std::array<double, 3>& before, bool has_before) {
    if (!has_before) return a;
    constexpr double pi = std::numbers::pi;
    std::array<double, 3> b = {a[0] + pi, pi - a[1], a[2] + pi};
    double far_a = 0, far_b = 0;
    for (size_t i = 0; i < 3; ++i) {
      a[i] = before[i] + std::remainder(a[i] - before[i], 2 * pi);
      b[i] = before[i] + std::remainder(b[i] - before[i], 2 * pi);
      far_a += std::abs(a[i] - before[i]);
      far_b += std::abs(b[i] - before[i]);
    }
    return far_a <= far_b ? a : b;
  }

  const Clip& clip_;
  const BvhOptions& options_;
  std::array<int, 3> order_{};
  std::vector<std::vector<size_t>> children_;
  std::vector<std::vector<Vec3>> ends_;
  std::vector<int> moving_;
  std::vector<size_t> sequence_;  ///< joints in the order of the file
  std::string out_;
};

}  // namespace

motion::Clip parse_bvh(std::string_view text, const std::string& name, double metres_per_unit) {
  return Reader(text, name, metres_per_unit).read();
}

motion::Clip read_bvh(const std::filesystem::path& path, double metres_per_unit) {
  return parse_bvh(read_file(path), path.string(), metres_per_unit);
}

std::string to_bvh(const motion::Clip& clip, const BvhOptions& options) {
  return Writer(clip, options).write();
}

void write_bvh(const std::filesystem::path& path, const motion::Clip& clip,
               const BvhOptions& options) {
  write_file(path, to_bvh(clip, options));
}

}  // namespace pantomime::formats
