#include "pantomime/commands/output_names.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "pantomime/base/error.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kSlots = {"path",    "folder", "stem",  "set",
                                                    "subject", "label",  "number"};

/// One part of a path.
std::string as_part(std::string text) {
  for (char& c : text) {
    if (c == '/' || c == '\\' || c == ':' || static_cast<unsigned char>(c) < ' ') c = '_';
    if (c == ' ') c = '-';
  }
  return text;
}

std::string value_of(std::string_view slot, const OutputName& of, int64_t number) {
  const fs::path path = of.path;
  if (slot == "path") return of.path;
  if (slot == "folder") return as_part(path.parent_path().filename().string());
  if (slot == "stem") return as_part(path.filename().string());
  if (slot == "set") return as_part(of.set);
  if (slot == "subject") return as_part(of.subject.empty() ? "unknown" : of.subject);
  if (slot == "label") return as_part(of.label.empty() ? "unlabelled" : of.label);
  return fmt::format("{:05}", number);
}

}  // namespace

OutputNames::OutputNames(std::string pattern) : pattern_(std::move(pattern)) {
  PANTOMIME_CHECK(!pattern_.empty() && !pattern_.ends_with('/'),
                  "--name \"{}\": expected the name of a file", pattern_);
  for (size_t at = pattern_.find('{'); at != std::string::npos; at = pattern_.find('{', at + 1)) {
    const size_t end = pattern_.find('}', at);
    const std::string slot = pattern_.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (end == std::string::npos || std::find(kSlots.begin(), kSlots.end(), slot) == kSlots.end())
      fail("--name \"{}\": {{{}}}, expected {{{}}}", pattern_, slot, fmt::join(kSlots, "}, {"));
  }
}

bool OutputNames::tells_labels() const {
  return pattern_.find("{label}") != std::string::npos ||
         pattern_.find("{subject}") != std::string::npos;
}

fs::path OutputNames::next(const OutputName& of) {
  ++number_;
  std::string text;
  for (size_t at = 0; at < pattern_.size();) {
    if (pattern_[at] != '{') {
      text += pattern_[at++];
      continue;
    }
    const size_t end = pattern_.find('}', at);
    text += value_of(std::string_view(pattern_).substr(at + 1, end - at - 1), of, number_);
    at = end + 1;
  }
  fs::path inside;
  for (const fs::path& part : fs::path(text).relative_path())
    if (!part.empty() && part != "." && part != "..") inside /= part;
  if (inside.empty()) inside = "motion";
  fs::path name = inside;
  for (int again = 2; !given_.insert(name).second; ++again)
    name = inside.string() + fmt::format("_{}", again);
  return name;
}

}  // namespace pantomime::commands
