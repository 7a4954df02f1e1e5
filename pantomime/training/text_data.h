// Windows of motion with sentences about them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/conditions/text_adapter.h"
#include "pantomime/library/captions.h"
#include "pantomime/text/sentence_encoder.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::training {

/// Every window of a MotionData and its mirror image, with sentences that were written from that
/// very motion (library/captions.h): sides, counts, speeds and the order are those of the window,
/// not of the clip it is from.
class TextData {
 public:
  /// `data` must outlive this. Each different sentence is encoded once.
  static TextData make(const MotionData& data, const text::SentenceEncoder& encoder,
                       const library::CaptionWords& words, int paraphrases, uint64_t seed,
                       int threads, Progress& progress);

  struct Item {
    size_t window;
    bool mirrored;
    std::vector<size_t> sentences;  ///< indices
  };
  const std::vector<Item>& items() const { return items_; }
  const std::string& sentence(size_t index) const { return sentences_[index]; }
  size_t sentence_count() const { return sentences_.size(); }
  const std::vector<float>& states(size_t index) const { return states_[index]; }

  struct Drawn {
    Batch motion;
    conditions::TextBatch text;
    std::vector<size_t> items, sentences;
  };
  /// Batch number `step` of a run with this seed, drawn with the chances of the windows.
  Drawn draw(uint64_t seed, int64_t step, int64_t size,
             const features::Normaliser& normaliser) const;

 private:
  const MotionData* data_ = nullptr;
  std::vector<Item> items_;
  std::vector<double> cumulative_;
  std::vector<std::string> sentences_;
  std::vector<std::vector<float>> states_;
};

}  // namespace pantomime::training
