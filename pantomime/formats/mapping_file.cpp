#include "pantomime/formats/mapping_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;
using motion::kJointCount;
using motion::Mapping;

class Parser {
 public:
  explicit Parser(const std::string& file) : file_(file) {}

  Mapping parse(std::string_view text) {
    toml::table root;
    try {
      root = toml::parse(text, file_);
    } catch (const toml::parse_error& error) {
      fail_at_line(file_, error.source().begin.line, "{}", error.description());
    }
    for (const auto& [key, node] : root) take(std::string(key.str()), node);
    if (mapping_.name.empty()) fail_at_line(file_, 1, "no \"name\"");
    if (mapping_.signature.empty()) fail_at_line(file_, 1, "no \"signature\"");
    if (mapping_.rotation_from[motion::kPelvis].empty())
      fail_at_line(file_, 1, "no joint for the pelvis");
    try {
      motion::canonical_from(mapping_.axes);
    } catch (const Error& error) {
      fail_at_line(file_, 1, "{}", error.what());
    }
    return std::move(mapping_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void fail(const toml::node& node, fmt::format_string<Args...> format,
                         Args&&... args) const {
    fail_at_line(file_, node.source().begin.line, format, std::forward<Args>(args)...);
  }

  std::string text(const toml::node& node, const std::string& key) const {
    const auto* value = node.as_string();
    if (value == nullptr || (*value)->empty()) fail(node, "{}: expected a name in quotes", key);
    return value->get();
  }
  double number(const toml::node& node, const std::string& key, double low, double high) const {
    const auto value = node.value<double>();
    if (!node.is_number() || !value || !(*value >= low && *value <= high))
      fail(node, "{}: expected a number from {} to {}", key, low, high);
    return *value;
  }
  template <size_t N>
  std::array<float, N> numbers(const toml::node& node, const std::string& key) const {
    const toml::array* list = node.as_array();
    if (list == nullptr || list->size() != N) fail(node, "{}: expected {} numbers", key, N);
    std::array<float, N> out{};
    double squares = 0;
    for (size_t i = 0; i < N; ++i) {
      const double value = number(*list->get(i), key, -1e3, 1e3);
      out[i] = static_cast<float>(value);
      squares += value * value;
    }
    if (squares < 1e-6) fail(node, "{}: all zero", key);
    return out;
  }
  const toml::table& table(const toml::node& node, const std::string& key) const {
    if (!node.is_table()) fail(node, "{}: expected a table", key);
    return *node.as_table();
  }
  size_t canonical_joint(const toml::node& node, std::string_view name) const {
    const auto joint = motion::find_joint(name);
    if (!joint) fail(node, "\"{}\" is not one of the 22 canonical joints", name);
    return static_cast<size_t>(*joint);
  }
  motion::Axis axis(const toml::node& node, const std::string& key) const {
    try {
      return motion::parse_axis(text(node, key));
    } catch (const ParseError&) {
      throw;
    } catch (const Error& error) {
      fail(node, "{}: {}", key, error.what());
    }
  }

  void take(const std::string& key, const toml::node& node) {
    if (key == "name") {
      mapping_.name = text(node, key);
    } else if (key == "description") {
      text(node, key);  // for people
    } else if (key == "up") {
      mapping_.axes.up = axis(node, key);
    } else if (key == "forward") {
      mapping_.axes.forward = axis(node, key);
    } else if (key == "metres_per_unit") {
      mapping_.axes.metres_per_unit = number(node, key, 1e-6, 1e6);
    } else if (key == "floor_offset") {
      mapping_.floor_offset = number(node, key, -10, 10);
    } else if (key == "posed_rest") {
      if (!node.is_boolean()) fail(node, "{}: expected true or false", key);
      mapping_.posed_rest = **node.as_boolean();
    } else if (key == "average_body") {
      if (!node.is_boolean()) fail(node, "{}: expected true or false", key);
      mapping_.average_body = **node.as_boolean();
    } else if (key == "signature") {
      const toml::array* list = node.as_array();
      if (list == nullptr) fail(node, "{}: expected a list of names", key);
      for (const toml::node& element : *list) mapping_.signature.push_back(text(element, key));
    } else if (key == "joints") {
      for (const auto& [name, value] : table(node, key))
        take_joint(canonical_joint(value, name.str()), value);
    } else if (key == "directions") {
      for (const auto& [name, value] : table(node, key)) {
        const auto v = numbers<3>(value, key);
        mapping_.directions[canonical_joint(value, name.str())] = motion::Vec3{v[0], v[1], v[2]};
      }
    } else if (key == "lost_bones") {
      for (const auto& [name, value] : table(node, key))
        take_lost_bone(std::string(name.str()), value);
    } else {
      fail(node, "unknown key \"{}\"", key);
    }
  }

  void take_joint(size_t joint, const toml::node& node) {
    const std::string name(motion::kJointNames[joint]);
    if (node.is_string()) {
      mapping_.rotation_from[joint] = text(node, name);
      return;
    }
    for (const auto& [key, value] : table(node, name)) {
      if (key.str() == "rotation") {
        mapping_.rotation_from[joint] = text(value, "rotation");
      } else if (key.str() == "position") {
        mapping_.position_from[joint] = text(value, "position");
      } else if (key.str() == "length") {
        const auto& parents = motion::kJointParents;
        if (std::find(parents.begin(), parents.end(), static_cast<int>(joint)) != parents.end())
          fail(value, "{}: only feet, wrists and head can have a length", name);
        mapping_.lengths[joint] = static_cast<float>(number(value, "length", 1e-3, 1));
      } else if (key.str() == "frame") {
        const auto q = numbers<4>(value, "frame");
        mapping_.frames[joint] = motion::normalized(motion::Quat{q[0], q[1], q[2], q[3]});
      } else {
        fail(value, "{}: unknown key \"{}\"", name, key.str());
      }
    }
  }

  void take_lost_bone(const std::string& joint, const toml::node& node) {
    Mapping::LostBone bone{.joint = joint, .like = {}};
    for (const auto& [key, value] : table(node, joint)) {
      if (key.str() == "like") {
        bone.like = text(value, "like");
      } else if (key.str() == "times") {
        bone.times = static_cast<float>(number(value, "times", 0, 100));
      } else {
        fail(value, "{}: unknown key \"{}\"", joint, key.str());
      }
    }
    if (bone.like.empty()) fail(node, "{}: no \"like\"", joint);
    mapping_.lost_bones.push_back(std::move(bone));
  }

  const std::string& file_;
  Mapping mapping_;
};

/// The first joint of the signature that the skeleton lacks, and how many it lacks.
std::pair<const std::string*, size_t> missing(const motion::Skeleton& skeleton,
                                              const Mapping& mapping) {
  const std::set<std::string_view> names(skeleton.names.begin(), skeleton.names.end());
  const std::string* first = nullptr;
  size_t count = 0;
  for (const std::string& name : mapping.signature) {
    if (names.contains(name)) continue;
    if (count++ == 0) first = &name;
  }
  return {first, count};
}

}  // namespace

motion::Mapping parse_mapping(std::string_view text, const std::string& name) {
  return Parser(name).parse(text);
}

std::string to_mapping_toml(const Mapping& mapping, const std::string& head,
                            const std::vector<std::string>& comments) {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\')
        out += std::string("\\") + c;
      else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      else
        out += c;
    }
    return out + "\"";
  };
  constexpr std::array<const char*, 6> kAxes = {"+X", "-X", "+Y", "-Y", "+Z", "-Z"};
  std::string out;
  for (size_t at = 0; at < head.size();) {
    const size_t end = std::min(head.find('\n', at), head.size());
    out += "# " + head.substr(at, end - at) + "\n";
    at = end + 1;
  }
  out +=
      fmt::format("name = {}\nup = \"{}\"\nforward = \"{}\"\nmetres_per_unit = {:g}\n",
                  quoted(mapping.name), kAxes[static_cast<size_t>(mapping.axes.up)],
                  kAxes[static_cast<size_t>(mapping.axes.forward)], mapping.axes.metres_per_unit);
  if (mapping.floor_offset != 0) out += fmt::format("floor_offset = {:g}\n", mapping.floor_offset);
  if (mapping.posed_rest) out += "posed_rest = true\n";
  if (mapping.average_body) out += "average_body = true\n";
  out += "signature = [";
  for (size_t i = 0; i < mapping.signature.size(); ++i)
    out += (i == 0 ? "" : ", ") + quoted(mapping.signature[i]);
  out += "]\n\n[joints]\n";
  for (size_t j = 0; j < motion::kJointCount; ++j) {
    std::string value;
    const auto add = [&](const std::string& part) { value += (value.empty() ? "" : ", ") + part; };
    if (!mapping.rotation_from[j].empty()) add("rotation = " + quoted(mapping.rotation_from[j]));
    if (!mapping.position_from[j].empty()) add("position = " + quoted(mapping.position_from[j]));
    if (mapping.lengths[j]) add(fmt::format("length = {:g}", *mapping.lengths[j]));
    if (const auto& q = mapping.frames[j])
      add(fmt::format("frame = [{:.9g}, {:.9g}, {:.9g}, {:.9g}]", q->w, q->x, q->y, q->z));
    if (value.empty()) {
      out += fmt::format("# {} = \"\"", motion::kJointNames[j]);
    } else {
      out += fmt::format("{} = {{{}}}", motion::kJointNames[j], value);
    }
    if (j < comments.size() && !comments[j].empty()) out += "  # " + comments[j];
    out += "\n";
  }
  const auto has = [](const auto& list) {
    return std::any_of(list.begin(), list.end(), [](const auto& v) { return v.has_value(); });
  };
  if (has(mapping.directions)) out += "\n[directions]\n";
  for (size_t j = 0; j < motion::kJointCount; ++j)
    if (const auto& d = mapping.directions[j])
      out +=
          fmt::format("{} = [{:.9g}, {:.9g}, {:.9g}]\n", motion::kJointNames[j], d->x, d->y, d->z);
  if (!mapping.lost_bones.empty()) out += "\n[lost_bones]\n";
  for (const Mapping::LostBone& bone : mapping.lost_bones)
    out += fmt::format("{} = {{like = {}, times = {:.9g}}}\n", quoted(bone.joint),
                       quoted(bone.like), bone.times);
  return out;
}

std::vector<motion::Mapping> load_mappings(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml") files.push_back(it->path());
  if (error)
    fail("{}: can't read the folder of rig mappings: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  std::vector<Mapping> mappings;
  std::set<std::string> names;
  for (const fs::path& file : files) {
    mappings.push_back(parse_mapping(read_file(file), file.string()));
    if (!names.insert(mappings.back().name).second)
      fail("{}: a second mapping is called \"{}\"", file.string(), mappings.back().name);
  }
  std::stable_sort(mappings.begin(), mappings.end(), [](const Mapping& a, const Mapping& b) {
    return a.signature.size() != b.signature.size() ? a.signature.size() > b.signature.size()
                                                    : a.name < b.name;
  });
  return mappings;
}

const motion::Mapping& recognise(const motion::Skeleton& skeleton,
                                 const std::vector<motion::Mapping>& mappings,
                                 const std::string& file) {
  if (mappings.empty()) fail("{}: there are no rig mappings", file);
  const Mapping* nearest = nullptr;
  const std::string* lacks = nullptr;
  double best = 0;
  for (const Mapping& mapping : mappings) {
    const auto [first, count] = missing(skeleton, mapping);
    if (count == 0) return mapping;
    const double share = static_cast<double>(count) / static_cast<double>(mapping.signature.size());
    if (nearest == nullptr || share < best) nearest = &mapping, lacks = first, best = share;
  }
  fail("{}: no mapping knows this rig of {} joints; nearest is \"{}\", which needs a joint \"{}\"",
       file, skeleton.joint_count(), nearest->name, *lacks);
}

}  // namespace pantomime::formats
