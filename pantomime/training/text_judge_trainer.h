// Trains the judge of text (metrics/text_judge.h) on real motion and the sentences about it,
// examines it on people it has not seen, and keeps it in a file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/metrics/retrieval.h"
#include "pantomime/metrics/text_judge.h"
#include "pantomime/training/text_data.h"

namespace pantomime::training {

struct TextJudgeOptions {
  metrics::TextJudgeConfig network;
  int64_t steps = 900;
  int64_t batch = 64;    ///< windows a step, and so sentences each has to be told from
  double rate = 1.5e-3;  ///< peak learning rate
  double weight_decay = 0.05;
  double sharpness = 14;  ///< cosines are multiplied by it (the inverse temperature)
  uint64_t seed = 1;
  std::string licence;  ///< of the weights
};

/// Contrastive, both ways (Oord et al. 2018, "InfoNCE"; Radford et al. 2021): of the batch's
/// sentences, which is the motion's; of its motions, which is the sentence's. Windows with the same
/// sentence are no rivals. Positions flicker by up to 8 mm, the floor by 2 cm, as for the other
/// judges. The same data and options give the same judge with the same number of threads.
/// `on_log(step, loss)` every 25 steps. Throws Cancelled when stopped.
metrics::TextJudge train_text_judge(const MotionData& motion, const TextData& data,
                                    const TextJudgeOptions& options,
                                    const std::function<void(int64_t, double)>& on_log,
                                    Progress& progress);

/// Two words of which one stands for the other, and how often the judge was right about it.
struct WordExam {
  std::string one, other;  ///< e.g. "left", "right"
  int64_t pairs = 0;       ///< windows whose sentence has one of them
  double right = 0;        ///< share that is nearer to its sentence than to the changed one
};

struct TextExam {
  metrics::Retrieval retrieval;  ///< windows of 96 frames or what there is, pools of 32
  int64_t windows = 0;
  std::vector<WordExam> words;  ///< those that occur
  std::string markdown() const;
};

/// A sentence with one word exchanged for its counterpart: "left" for "right", "slowly" for
/// "quickly" …, for each pair of which it holds exactly one word once.
struct ChangedWord {
  std::string sentence, one, other;
};
std::vector<ChangedWord> one_word_changed(const std::string& sentence);

/// On the windows of other people, each with its first sentence; shuffled by `seed`.
TextExam examine_text_judge(const metrics::TextJudge& judge, const MotionData& motion,
                            const TextData& data, const text::SentenceEncoder& encoder,
                            uint64_t seed, Progress& progress);

/// Kind "text judge"; the same judge gives the same bytes.
void write_text_judge(const std::filesystem::path& path, const metrics::TextJudge& judge);
/// Throws ParseError or Error: not a judge of text, another format, a tensor missing or of another
/// shape.
metrics::TextJudge read_text_judge(const std::filesystem::path& path);

}  // namespace pantomime::training
