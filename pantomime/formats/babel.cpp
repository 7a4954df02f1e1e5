#include "pantomime/formats/babel.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"

namespace pantomime::formats {
namespace {

using nlohmann::json;

constexpr double kMaxSeconds = 1e6;

class BabelReader {
 public:
  BabelReader(const std::string& name, const std::string& id) : name_(name), id_(id) {}

  BabelSequence read(const json& entry) const {
    if (!entry.is_object()) bad("expected an object");
    BabelSequence out;
    out.id = id_;
    out.file = text(entry, "feat_p");
    if (out.file.empty()) bad("no \"feat_p\", expected the path of an AMASS file");
    out.seconds = seconds(entry, "dur");
    for (const json* labels : annotations(entry, "seq_ann", "seq_anns"))
      for (const json& label : *labels) out.whole.push_back(read_label(label, 0, out.seconds));
    for (const json* labels : annotations(entry, "frame_ann", "frame_anns"))
      for (const json& label : *labels) {
        if (!label.is_object()) bad("a label is no object");
        const double first = seconds(label, "start_t"), last = seconds(label, "end_t");
        if (last < first) bad(fmt::format("a label from {} to {} seconds", first, last));
        out.spans.push_back(read_label(label, first, last));
      }
    std::stable_sort(out.spans.begin(), out.spans.end(),
                     [](const BabelLabel& a, const BabelLabel& b) { return a.first < b.first; });
    return out;
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    throw ParseError(fmt::format("{}: sequence {}: {}", name_, id_.substr(0, 40), what));
  }

  /// Lists of labels of one annotator or of several; null and absent mean none.
  std::vector<const json*> annotations(const json& entry, const char* one,
                                       const char* several) const {
    std::vector<const json*> out;
    const auto add = [&](const json& annotation, const char* key) {
      if (annotation.is_null()) return;
      if (!annotation.is_object()) bad(fmt::format("\"{}\": expected an object", key));
      const auto labels = annotation.find("labels");
      if (labels == annotation.end() || labels->is_null()) return;
      if (!labels->is_array()) bad(fmt::format("\"{}\": labels are no list", key));
      out.push_back(&*labels);
    };
    if (const auto it = entry.find(one); it != entry.end()) add(*it, one);
    if (const auto it = entry.find(several); it != entry.end() && !it->is_null()) {
      if (!it->is_array()) bad(fmt::format("\"{}\": expected a list", several));
      for (const json& annotation : *it) add(annotation, several);
    }
    return out;
  }

  BabelLabel read_label(const json& label, double first, double last) const {
    if (!label.is_object()) bad("a label is no object");
    BabelLabel out;
    out.words = text(label, "raw_label");
    if (out.words.empty()) out.words = text(label, "proc_label");
    out.first = first;
    out.last = last;
    const auto categories = label.find("act_cat");
    if (categories == label.end() || categories->is_null()) return out;
    if (!categories->is_array()) bad("\"act_cat\": expected a list");
    for (const json& category : *categories) {
      if (!category.is_string()) bad("\"act_cat\": expected names");
      out.categories.push_back(category.get<std::string>());
    }
    return out;
  }

  std::string text(const json& object, const char* key) const {
    const auto it = object.find(key);
    if (it == object.end() || it->is_null()) return {};
    if (!it->is_string()) bad(fmt::format("\"{}\": expected text", key));
    return it->get<std::string>();
  }

  double seconds(const json& object, const char* key) const {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_number())
      bad(fmt::format("\"{}\": expected a number of seconds", key));
    const double value = it->get<double>();
    if (!(value >= 0 && value <= kMaxSeconds))
      bad(fmt::format("\"{}\": {} seconds, expected 0 to {}", key, value, kMaxSeconds));
    return value;
  }

  const std::string& name_;
  const std::string& id_;
};

/// Folders and file, from the end, in one spelling.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '/') {
      if (!parts.back().empty()) parts.emplace_back();
    } else {
      parts.back() += c == ' ' ? '_' : c;
    }
  }
  std::reverse(parts.begin(), parts.end());
  std::string& file = parts[0];
  for (const std::string_view end : {".npz", "_poses", "_stageii"})
    if (file.ends_with(end)) file.resize(file.size() - end.size());
  return parts;
}

std::string key_of(const std::vector<std::string>& parts) {
  return parts.size() < 2 ? std::string() : parts[1] + "/" + parts[0];
}

}  // namespace

std::vector<BabelSequence> parse_babel(std::string_view text, const std::string& name) {
  const json root = parse_json(text, name);
  if (!root.is_object())
    throw ParseError(name + ": no BABEL file, expected an object of sequences");
  std::vector<BabelSequence> out;
  for (const auto& [id, entry] : root.items()) out.push_back(BabelReader(name, id).read(entry));
  return out;
}

std::vector<BabelSequence> read_babel(const std::filesystem::path& path) {
  return parse_babel(read_file(path), path.string());
}

void AmassNames::add(std::string_view file, size_t value) {
  std::vector<std::string> parts = parts_of(file);
  std::vector<Entry>& entries = entries_[key_of(parts)];
  for (Entry& entry : entries)
    if (entry.parts == parts) {
      entry.values.push_back(value);
      return;
    }
  entries.push_back({std::move(parts), {value}});
}

std::vector<size_t> AmassNames::find(std::string_view path) const {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.size() < 2) return {};
  const auto found = entries_.find(key_of(parts));
  if (found == entries_.end()) return {};
  const Entry* best = nullptr;
  size_t most = 0;
  bool tie = false;
  for (const Entry& entry : found->second) {
    const auto end =
        std::mismatch(parts.begin(), parts.end(), entry.parts.begin(), entry.parts.end());
    const auto same = static_cast<size_t>(end.first - parts.begin());
    if (same < most) continue;
    tie = same == most;
    most = same;
    best = &entry;
  }
  return best == nullptr || tie ? std::vector<size_t>{} : best->values;
}

}  // namespace pantomime::formats
