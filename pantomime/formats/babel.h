// BABEL: what people do in AMASS motion, as JSON, for whole sequences and for intervals of them.
// Source: Punnakkal et al., "BABEL: Bodies, Action and Behavior with English Labels", CVPR 2021.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime::formats {

/// One act, in the annotator's words and in BABEL's categories.
struct BabelLabel {
  std::string words;                    ///< "raw_label": "walks forward slowly"
  std::vector<std::string> categories;  ///< "act_cat": "walk", "forward movement"; may be empty
  double first = 0, last = 0;  ///< seconds; for labels of a whole sequence 0 and its length
};

/// Everything said about one motion file.
struct BabelSequence {
  std::string id;                 ///< "babel_sid"
  std::string file;               ///< "feat_p", e.g. "KIT/KIT/4/LeftTurn02_poses.npz"
  double seconds = 0;             ///< "dur"
  std::vector<BabelLabel> whole;  ///< from seq_ann, or from all of seq_anns
  std::vector<BabelLabel> spans;  ///< from frame_ann or frame_anns, by time; may be empty
};

/// Reads a file of BABEL's (train.json, val.json, test.json, extra_*.json): an object with one
/// entry a sequence, in the order of their ids. Throws ParseError `name: sequence id: …` for
/// another structure, a time that is not finite or negative, or an interval that ends before it
/// begins.
std::vector<BabelSequence> parse_babel(std::string_view text, const std::string& name);
std::vector<BabelSequence> read_babel(const std::filesystem::path& path);

/// Finds what is said about an AMASS file, however its archive was unpacked: the releases differ in
/// leading folders, in blanks for underscores, and in what follows the name (_poses.npz,
/// _stageii.npz, .npz).
class AmassNames {
 public:
  void add(std::string_view file, size_t value);
  /// Values of the names that agree with `path` in the most folders from the end, at least in the
  /// file and its folder; empty when there are none, or when different names agree equally well.
  std::vector<size_t> find(std::string_view path) const;

 private:
  struct Entry {
    std::vector<std::string> parts;  ///< folders and the file, from the end
    std::vector<size_t> values;
  };
  std::map<std::string, std::vector<Entry>> entries_;  ///< by the last two parts
};

}  // namespace pantomime::formats
