#include "pantomime/formats/asf.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;

constexpr size_t kMaxBones = 4096;
constexpr double kMetresPerInch = 0.0254;

/// Product of turns about coordinate axes, the first turning first.
Quat turned(const std::vector<int>& axes, const std::vector<double>& angles) {
  Quat out;
  for (size_t i = 0; i < axes.size(); ++i) {
    // The angle's own turns are taken off first: sines of huge angles are slow and meaningless.
    const double half = std::remainder(angles[i], 4 * std::numbers::pi) / 2;
    Quat turn{static_cast<float>(std::cos(half)), 0, 0, 0};
    (axes[i] == 0 ? turn.x : axes[i] == 1 ? turn.y : turn.z) = static_cast<float>(std::sin(half));
    out = turn * out;
  }
  return motion::normalized(out);
}

class AsfReader {
 public:
  AsfReader(std::string_view text, const std::string& name) : lines_(text, name, '#', "(),") {}

  Asf read() {
    read_units_first();
    while (lines_.next()) {
      const std::string section = lower_case(lines_.words()[0]);
      if (section[0] != ':') lines_.fail("found {}, expected a section", shown(section));
      if (section == ":root") {
        read_root();
      } else if (section == ":bonedata") {
        read_bones();
      } else if (section == ":hierarchy") {
        read_hierarchy();
      } else {
        skip_section();
      }
    }
    if (out_.root_order.empty()) lines_.fail("no :root with an order, expected a skeleton");
    if (parents_.empty()) lines_.fail("no :hierarchy, expected a skeleton");
    order_bones();
    return std::move(out_);
  }

 private:
  struct Raw {
    std::string name;
    Vec3 bone;  ///< from begin to end, metres
    Asf::Bone turns;
    std::vector<int> children;
    int64_t line = 0;
  };

  bool at_section() const { return lines_.words()[0][0] == ':'; }
  void skip_section() {
    while (lines_.next())
      if (at_section()) return lines_.again();
  }

  /// Units may come after what is measured in them.
  void read_units_first() {
    Lines scan = lines_;
    double length = 1;
    bool degrees = false, inside = false;
    while (scan.next()) {
      const std::string word = lower_case(scan.words()[0]);
      if (word[0] == ':') {
        inside = word == ":units";
      } else if (inside && word == "length") {
        length = scan.number(1, "length unit");
        if (!(length >= 1e-6 && length <= 1e6))
          scan.fail("length unit {}, expected 1e-6 to 1e6", length);
      } else if (inside && word == "angle") {
        scan.expect_words(2, "angle unit");
        const std::string unit = lower_case(scan.words()[1]);
        if (unit != "deg" && unit != "rad")
          scan.fail("angle unit {}, expected deg or rad", shown(unit));
        degrees = unit == "deg";
      }
    }
    out_.metres_per_unit = kMetresPerInch / length;
    out_.radians_per_unit = degrees ? std::numbers::pi / 180 : 1;
  }

  Vec3 vector(double scale, const char* what) const {
    return {static_cast<float>(scale * lines_.number(1, what)),
            static_cast<float>(scale * lines_.number(2, what)),
            static_cast<float>(scale * lines_.number(3, what))};
  }
  Quat turn_of_line(const std::vector<int>& axes) const {
    std::vector<double> angles(3);
    for (size_t i = 0; i < 3; ++i)
      angles[i] = out_.radians_per_unit *
                  lines_.number(1 + static_cast<size_t>(axes[i]), "angle of the axis");
    return turned(axes, angles);
  }
  /// "XYZ" in any order.
  std::vector<int> axis_order(size_t at) const {
    if (at >= lines_.words().size())
      lines_.fail("axis without its order, expected XYZ or the like");
    std::string text = lower_case(lines_.words()[at]), sorted = text;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != "xyz")
      lines_.fail("axis order {}, expected X, Y and Z", shown(lines_.words()[at]));
    return {text[0] - 'x', text[1] - 'x', text[2] - 'x'};
  }

  void read_root() {
    std::vector<int> axes = {0, 1, 2};
    std::vector<double> orientation(3);
    bool has_position = false;
    while (lines_.next()) {
      if (at_section()) {
        lines_.again();
        break;
      }
      const std::string key = lower_case(lines_.words()[0]);
      if (key == "order") {
        read_root_order();
      } else if (key == "axis") {
        axes = axis_order(1);
      } else if (key == "position") {
        out_.position = vector(out_.metres_per_unit, "position of the root");
        has_position = true;
      } else if (key == "orientation") {
        for (size_t i = 0; i < 3; ++i)
          orientation[i] = out_.radians_per_unit * lines_.number(1 + i, "orientation of the root");
      } else {
        lines_.fail("found {} in :root, expected order, axis, position or orientation", shown(key));
      }
    }
    if (out_.root_order.empty()) lines_.fail(":root has no order");
    if (!has_position) out_.position = {};
    std::vector<double> angles;
    for (const int a : axes) angles.push_back(orientation[static_cast<size_t>(a)]);
    root_.axis = turned(axes, angles);
  }

  void read_root_order() {
    out_.root_order.clear();
    root_.dof.clear();
    for (size_t i = 1; i < lines_.words().size(); ++i) {
      const std::string word = lower_case(lines_.words()[i]);
      const bool known = word.size() == 2 && (word[0] == 't' || word[0] == 'r') && word[1] >= 'x' &&
                         word[1] <= 'z';
      if (!known) lines_.fail("channel {} of the root, expected TX TY TZ RX RY RZ", shown(word));
      const int channel = word[1] - 'x' + (word[0] == 'r' ? 3 : 0);
      if (std::find(out_.root_order.begin(), out_.root_order.end(), channel) !=
          out_.root_order.end())
        lines_.fail("channel {} of the root twice", shown(word));
      out_.root_order.push_back(channel);
      if (channel >= 3) root_.dof.push_back(channel - 3);
    }
    if (out_.root_order.empty()) lines_.fail("the root's order is empty");
  }

  void read_bones() {
    while (lines_.next()) {
      if (at_section()) return lines_.again();
      if (lower_case(lines_.words()[0]) != "begin")
        lines_.fail("found {}, expected begin", shown(lines_.words()[0]));
      read_bone();
    }
  }

  void read_bone() {
    Raw raw;
    raw.line = lines_.line();
    Vec3 direction;
    double length = -1;
    bool has_direction = false, has_axis = false, closed = false;
    while (!closed && lines_.next()) {
      const std::string key = lower_case(lines_.words()[0]);
      if (key == "end") {
        closed = true;
      } else if (key == "name") {
        lines_.expect_words(2, "name of a bone");
        raw.name = lines_.words()[1];
      } else if (key == "direction") {
        direction = vector(1, "direction");
        has_direction = true;
      } else if (key == "length") {
        length = lines_.number(1, "length");
        if (length < 0) lines_.fail("length {}, expected one from 0", length);
      } else if (key == "axis") {
        raw.turns.axis = turn_of_line(axis_order(4));
        has_axis = true;
      } else if (key == "dof") {
        read_dof(raw.turns);
      } else if (key == "limits") {
        read_limits(raw.turns);
      } else if (key != "id" && key != "bodymass" && key != "cofmass") {
        lines_.fail("found {} in a bone, expected name, direction, length, axis, dof or limits",
                    shown(key));
      }
    }
    if (!closed || raw.name.empty() || !has_direction || length < 0 || !has_axis)
      lines_.fail("the bone that begins in line {} lacks its {}", raw.line,
                  !closed            ? "end"
                  : raw.name.empty() ? "name"
                  : !has_direction   ? "direction"
                  : length < 0       ? "length"
                                     : "axis");
    raw.bone = static_cast<float>(length * out_.metres_per_unit) *
               motion::normalized(direction, {0, 1, 0});
    if (raw.name == "root" || !indices_.emplace(raw.name, raws_.size()).second)
      lines_.fail("a second bone is called {}", shown(raw.name));
    if (raws_.size() == kMaxBones) lines_.fail("more than {} bones", kMaxBones);
    raws_.push_back(std::move(raw));
  }

  void read_dof(Asf::Bone& bone) const {
    bone.dof.clear();
    for (size_t i = 1; i < lines_.words().size(); ++i) {
      const std::string word = lower_case(lines_.words()[i]);
      const bool known = word.size() == 2 && word[0] == 'r' && word[1] >= 'x' && word[1] <= 'z';
      if (!known) lines_.fail("dof {}, expected rx, ry or rz", shown(word));
      const int axis = word[1] - 'x';
      if (std::find(bone.dof.begin(), bone.dof.end(), axis) != bone.dof.end())
        lines_.fail("dof {} twice", shown(word));
      bone.dof.push_back(axis);
    }
  }

  /// "limits (-160 20)" and one more pair a line for every further dof. Infinite ones are fine.
  void read_limits(Asf::Bone& bone) {
    bone.limits.clear();
    for (size_t first = 1;; first = 0) {
      if (lines_.words().size() != first + 2)
        lines_.fail("limits: {} numbers, expected a smallest and a largest angle",
                    lines_.words().size() - first);
      const double low = limit(first), high = limit(first + 1);
      if (!(low <= high)) lines_.fail("limits {} to {}, expected the smaller first", low, high);
      bone.limits.push_back({low, high});
      if (bone.limits.size() > 7) lines_.fail("limits of more than 7 dofs");
      if (!lines_.next()) return;
      const char c = lines_.words()[0][0];
      const bool more = c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9') ||
                        lower_case(lines_.words()[0]) == "inf";
      if (!more) return lines_.again();
    }
  }
  double limit(size_t at) const {
    const std::string word = lower_case(lines_.words()[at]);
    if (word == "inf" || word == "+inf") return std::numeric_limits<double>::infinity();
    if (word == "-inf") return -std::numeric_limits<double>::infinity();
    return out_.radians_per_unit * lines_.number(at, "limit");
  }

  int index_of(std::string_view name) const {
    const auto it = indices_.find(std::string(name));
    if (it == indices_.end()) lines_.fail("bone {} is not in :bonedata", shown(name));
    return static_cast<int>(it->second);
  }

  void read_hierarchy() {
    if (!parents_.empty()) lines_.fail("a second :hierarchy, expected one");
    parents_.assign(raws_.size(), kNone);
    bool open = false;
    while (lines_.next()) {
      if (at_section()) return lines_.again();
      const std::string key = lower_case(lines_.words()[0]);
      if (!open) {
        if (key != "begin") lines_.fail("found {}, expected begin", shown(key));
        open = true;
        continue;
      }
      if (key == "end" && lines_.words().size() == 1) {
        open = false;
        continue;
      }
      const bool from_root = lines_.words()[0] == "root";
      const int parent = from_root ? kRoot : index_of(lines_.words()[0]);
      for (size_t i = 1; i < lines_.words().size(); ++i) {
        const int child = index_of(lines_.words()[i]);
        int& its = parents_[static_cast<size_t>(child)];
        if (its != kNone) lines_.fail("bone {} has two parents", shown(lines_.words()[i]));
        its = parent;
        (from_root ? roots_ : raws_[static_cast<size_t>(parent)].children).push_back(child);
      }
    }
    if (open) lines_.fail(":hierarchy has no end");
  }

  /// Parents first, in the order of the hierarchy.
  void order_bones() {
    motion::Skeleton& skeleton = out_.skeleton;
    skeleton.names = {"root"};
    skeleton.parents = {-1};
    skeleton.offsets = {{}};
    out_.bones = {root_};
    struct Step {
      int raw, parent;  ///< parent: joint
      Vec3 offset;
    };
    std::vector<Step> steps;
    for (auto it = roots_.rbegin(); it != roots_.rend(); ++it) steps.push_back({*it, 0, {}});
    while (!steps.empty()) {
      const Step step = steps.back();
      steps.pop_back();
      const Raw& raw = raws_[static_cast<size_t>(step.raw)];
      const int joint = static_cast<int>(skeleton.names.size());
      skeleton.names.push_back(raw.name);
      skeleton.parents.push_back(step.parent);
      skeleton.offsets.push_back(step.offset);
      out_.bones.push_back(raw.turns);
      if (raw.children.empty()) skeleton.end_sites.push_back({joint, raw.bone});
      for (auto it = raw.children.rbegin(); it != raw.children.rend(); ++it)
        steps.push_back({*it, joint, raw.bone});
    }
    if (skeleton.names.size() == raws_.size() + 1) return;
    for (const Raw& raw : raws_)
      if (!skeleton.find(raw.name))
        fail_at_line(lines_.name(), raw.line, "bone {} does not hang on the root", shown(raw.name));
  }

  static constexpr int kNone = -2, kRoot = -1;
  Lines lines_;
  Asf out_;
  Asf::Bone root_;
  std::vector<Raw> raws_;
  std::map<std::string, size_t> indices_;
  std::vector<int> parents_;  ///< [bones] kNone, kRoot or a bone
  std::vector<int> roots_;    ///< bones that hang on the root
};

class AmcReader {
 public:
  AmcReader(std::string_view text, const std::string& name, const Asf& asf,
            const AmcOptions& options)
      : lines_(text, name), size_(text.size()), asf_(asf), radians_(asf.radians_per_unit) {
    PANTOMIME_CHECK(options.fps >= 1 && options.fps <= 1000,
                    "AMC: {} frames per second, expected 1 to 1000", options.fps);
    clip_.skeleton = asf.skeleton;
    clip_.fps = options.fps;
    for (size_t j = 0; j < asf.skeleton.names.size(); ++j) {
      indices_[asf.skeleton.names[j]] = j;
      if (j == 0 || !asf.bones[j].dof.empty()) ++moving_;
    }
    seen_.assign(asf.skeleton.names.size(), -1);
  }

  Clip read() {
    read_head();
    while (lines_.next()) {
      if (is_number(lines_.words()[0])) {
        begin_sample();
      } else {
        take_bone();
      }
    }
    end_sample();
    if (clip_.root_positions.empty()) lines_.fail("no samples, expected some");
    return std::move(clip_);
  }

 private:
  static bool is_number(std::string_view word) { return word[0] >= '0' && word[0] <= '9'; }

  void read_head() {
    while (lines_.next() && lines_.words()[0][0] == ':') {
      const std::string word = lower_case(lines_.words()[0]);
      if (word == ":degrees") radians_ = std::numbers::pi / 180;
      if (word == ":radians") radians_ = 1;
    }
    if (!lines_.words().empty() && !is_number(lines_.words()[0]))
      lines_.fail("found {}, expected the number of a sample", shown(lines_.words()[0]));
    lines_.again();
  }

  void begin_sample() {
    end_sample();
    lines_.expect_words(1, "number of a sample");
    const int64_t number =
        lines_.whole(0, "number of a sample", 0, std::numeric_limits<int64_t>::max() - 1);
    const auto frames = static_cast<int64_t>(clip_.root_positions.size());
    if (frames > 0 && number != last_ + 1)
      lines_.fail("sample {} follows {}, expected {}", number, last_, last_ + 1);
    last_ = number;
    // Bones without numbers cost memory too.
    const size_t joints = asf_.skeleton.joint_count();
    if (static_cast<size_t>(frames + 1) * joints > 64 + 16 * size_)
      lines_.fail("{} samples of {} bones, too many for a file of {} bytes", frames + 1, joints,
                  size_);
    clip_.root_positions.push_back(asf_.position);
    clip_.rotations.resize(clip_.rotations.size() + joints);
    filled_ = 0;
  }

  void end_sample() {
    const auto frames = static_cast<int64_t>(clip_.root_positions.size());
    if (frames == 0 || filled_ == moving_) return;
    for (size_t j = 0; j < seen_.size(); ++j)
      if (seen_[j] != frames - 1 && (j == 0 || !asf_.bones[j].dof.empty()))
        lines_.fail("sample {} has no bone {}", last_, shown(asf_.skeleton.names[j]));
  }

  void take_bone() {
    const auto& words = lines_.words();
    const auto it = indices_.find(words[0]);
    if (it == indices_.end()) lines_.fail("the skeleton has no bone {}", shown(words[0]));
    const size_t j = it->second;
    const size_t f = clip_.root_positions.size() - 1;
    const Asf::Bone& bone = asf_.bones[j];
    const size_t wanted = j == 0 ? asf_.root_order.size() : bone.dof.size();
    if (words.size() != wanted + 1)
      lines_.fail("bone {} has {} numbers, its skeleton wants {}", shown(words[0]),
                  words.size() - 1, wanted);
    if (seen_[j] == static_cast<int64_t>(f)) lines_.fail("bone {} twice", shown(words[0]));
    seen_[j] = static_cast<int64_t>(f);
    if (wanted == 0) return;
    ++filled_;
    angles_.clear();
    for (size_t i = 0; i < wanted; ++i) {
      const double value = lines_.number(i + 1, "value");
      const int channel = j == 0 ? asf_.root_order[i] : 3;
      if (channel >= 3) {
        angles_.push_back(radians_ * value);
        continue;
      }
      Vec3& at = clip_.root_positions[f];
      (channel == 0   ? at.x
       : channel == 1 ? at.y
                      : at.z) += static_cast<float>(asf_.metres_per_unit * value);
    }
    clip_.rotation(f, j) =
        motion::normalized(bone.axis * turned(bone.dof, angles_) * motion::conjugate(bone.axis));
  }

  Lines lines_;
  size_t size_;
  const Asf& asf_;
  double radians_;
  Clip clip_;
  std::map<std::string, size_t, std::less<>> indices_;
  size_t moving_ = 0, filled_ = 0;  ///< bones that a sample must have, and has
  std::vector<int64_t> seen_;       ///< [J] last sample in which a bone was
  std::vector<double> angles_;
  int64_t last_ = 0;
};

struct Name {
  std::string folder, stem;
};
Name split_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return {std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash)),
          lower_case(file.substr(0, file.rfind('.')))};
}

}  // namespace

Asf parse_asf(std::string_view text, const std::string& name) {
  return AsfReader(text, name).read();
}

Asf read_asf(const std::filesystem::path& path) {
  return parse_asf(read_file(path), path.string());
}

Clip parse_amc(std::string_view text, const std::string& name, const Asf& skeleton,
               const AmcOptions& options) {
  return AmcReader(text, name, skeleton, options).read();
}

Clip read_amc(const std::filesystem::path& path, const Asf& skeleton, const AmcOptions& options) {
  return parse_amc(read_file(path), path.string(), skeleton, options);
}

std::string asf_for(std::string_view amc, const std::vector<std::string>& asf_names) {
  const Name wanted = split_name(amc);
  std::string best;
  size_t best_length = 0, beside = 0;
  std::string only;
  for (const std::string& candidate : asf_names) {
    const Name name = split_name(candidate);
    if (name.folder != wanted.folder) continue;
    ++beside;
    only = candidate;
    if (wanted.stem.starts_with(name.stem) && name.stem.size() > best_length) {
      best = candidate;
      best_length = name.stem.size();
    }
  }
  return !best.empty() ? best : beside == 1 ? only : std::string();
}

}  // namespace pantomime::formats
