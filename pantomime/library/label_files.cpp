#include "pantomime/library/label_files.h"

#include <algorithm>
#include <limits>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/humanml3d_text.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxLabelBytes = uint64_t{512} << 20;
constexpr uint64_t kMaxTextBytes = uint64_t{1} << 20;
constexpr double kOpenEnd = std::numeric_limits<double>::infinity();

/// The split that the end of a file's name tells: extra_train.json is for training.
std::string split_of_name(const fs::path& file) {
  const std::string stem = file.stem().string();
  for (const char* split : {"train", "val", "test"})
    if (stem.ends_with(split)) return split;
  return {};
}

void append_spans(const formats::BabelLabel& label, double last, std::vector<LabelledSpan>& out) {
  if (label.categories.empty()) {
    out.push_back({label.first, last, label.words, label.words});
    return;
  }
  for (const std::string& category : label.categories)
    out.push_back({label.first, last, category, label.words});
}

}  // namespace

LabelFiles::LabelFiles(const SetDescription& description, const fs::path& folder) {
  if (description.babel) read_babel(*description.babel, folder);
  if (description.humanml3d) read_humanml3d(*description.humanml3d, folder);
}

void LabelFiles::read_babel(const BabelLabels& labels, const fs::path& folder) {
  for (const std::string& name : labels.files) {
    const fs::path file = folder / name;
    if (labels.optional && !fs::exists(file)) continue;
    const std::string text = read_file(file, kMaxLabelBytes);
    fingerprint_ += sha256_hex(text);
    const std::string split = labels.splits ? split_of_name(file) : std::string();
    for (formats::BabelSequence& sequence : formats::parse_babel(text, file.string())) {
      names_.add(sequence.file, sequences_.size());
      sequences_.push_back(std::move(sequence));
      sequence_splits_.push_back(split);
    }
  }
}

void LabelFiles::read_humanml3d(const HumanMl3dLabels& labels, const fs::path& folder) {
  const fs::path texts = folder / labels.texts;
  if (labels.optional && !fs::exists(texts)) return;
  if (!fs::is_directory(texts)) fail("{}: no such folder of captions", texts.string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(texts))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string text = read_file(file, kMaxTextBytes);
    fingerprint_ = sha256_hex(fingerprint_ + file.stem().string() + sha256_hex(text));
    FileLabels& found = by_stem_[file.stem().string()];
    for (const auto& caption : formats::parse_humanml3d_captions(text, file.string())) {
      if (caption.has_interval()) continue;  // a sentence about a part is none about the whole
      found.caption += (found.caption.empty() ? "" : "\n") + caption.text;
    }
  }
  for (const auto& [split, name] : labels.splits) {
    const fs::path file = folder / name;
    const std::string text = read_file(file, kMaxLabelBytes);
    fingerprint_ += sha256_hex(text);
    for (const std::string& id : formats::parse_split_list(text, file.string()))
      by_stem_[id].split = split;
  }
}

FileLabels LabelFiles::find(const std::string& path) const {
  FileLabels out;
  if (const auto found = by_stem_.find(fs::path(path).stem().string()); found != by_stem_.end())
    out = found->second;
  std::vector<std::string> said;
  for (const size_t s : names_.find(path)) {
    const formats::BabelSequence& sequence = sequences_[s];
    out.split = sequence_splits_[s];
    for (const formats::BabelLabel& label : sequence.whole) {
      if (std::find(said.begin(), said.end(), label.words) == said.end())
        said.push_back(label.words);
      // Labels of the whole say less than those of its parts.
      if (sequence.spans.empty()) append_spans(label, kOpenEnd, out.spans);
    }
    for (const formats::BabelLabel& label : sequence.spans)
      append_spans(label, label.last, out.spans);
  }
  std::string acts;
  for (const std::string& words : said) acts += (acts.empty() ? "" : ", ") + words;
  if (!acts.empty()) out.caption += (out.caption.empty() ? "" : "\n") + acts;
  return out;
}

}  // namespace pantomime::library
