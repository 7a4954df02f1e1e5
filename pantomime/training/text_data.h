// Windows of motion with sentences about them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/base/random.h"
#include "pantomime/conditions/text_adapter.h"
#include "pantomime/library/captions.h"
#include "pantomime/text/sentence_encoder.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::training {

/// What is said first about a window, not mirrored.
struct WindowSentence {
  size_t window;
  std::string sentence;
};
/// Of every window about which something can be said, in order; the sentences that TextData::make
/// writes first, with nothing encoded.
std::vector<WindowSentence> first_sentences(const MotionData& data,
                                            const library::CaptionWords& words, uint64_t seed,
                                            int threads, Progress& progress);
/// States (text/sentence_encoder.h) of each different sentence.
std::map<std::string, std::vector<float>> encode_each(const std::vector<std::string>& sentences,
                                                      const text::SentenceEncoder& encoder,
                                                      int threads, Progress& progress);

/// Every window of a MotionData and its mirror image, with sentences that were written from that
/// very motion (library/captions.h) and the facts about it (library/facts.h): sides, counts, speeds
/// and the order are those of the window, not of the clip it is from.
class TextData {
 public:
  /// `data` must outlive this. Each different sentence is encoded once. `imagined`: how many clips
  /// that don't exist are told of beside them, to learn reading from.
  static TextData make(const MotionData& data, const text::SentenceEncoder& encoder,
                       const library::CaptionWords& words, int paraphrases, int64_t imagined,
                       uint64_t seed, int threads, Progress& progress);

  struct Item {
    size_t window;
    bool mirrored;
    std::vector<size_t> sentences;  ///< indices
    std::vector<int64_t> facts;     ///< indices of facts(), rising
  };
  /// Windows, mirrored ones among them, that a fact must be true of to be one of facts().
  static constexpr int64_t kFewest = 16;
  const std::vector<Item>& items() const { return items_; }
  const std::string& sentence(size_t index) const { return sentences_[index]; }
  const std::vector<std::string>& facts() const { return facts_; }  ///< sorted
  size_t sentence_count() const { return sentences_.size(); }
  const std::vector<float>& states(size_t index) const { return states_[index]; }

  struct Drawn {
    Batch motion;
    conditions::TextBatch text;
    at::Tensor facts;  ///< [B, facts] 0 or 1
    std::vector<size_t> items, sentences;
  };
  /// Sentences without their motion.
  struct Read {
    conditions::TextBatch text;
    at::Tensor facts;  ///< [B, facts] 0 or 1
  };
  /// Batch number `step` of a run with this seed, drawn with the chances of the windows.
  Drawn draw(uint64_t seed, int64_t step, int64_t size,
             const features::Normaliser& normaliser) const;
  /// The same for reading: of windows of every tenth clip (`held_out`), or half of the other clips'
  /// windows and half imagined (library/imagined.h).
  Read draw_to_read(uint64_t seed, int64_t step, int64_t size, bool held_out) const;

 private:
  size_t pick(Random& random) const;

  const MotionData* data_ = nullptr;
  std::vector<Item> items_, imagined_;
  std::vector<double> cumulative_;
  std::vector<std::string> sentences_, facts_;
  std::vector<std::vector<float>> states_;
};

}  // namespace pantomime::training
