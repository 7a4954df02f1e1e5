#include "pantomime/commands/benchmark_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/formats/humanml3d_text.h"
#include "pantomime/formats/npz.h"
#include "pantomime/metrics/confusion.h"
#include "pantomime/metrics/frechet.h"
#include "pantomime/metrics/retrieval.h"
#include "pantomime/metrics/rows.h"
#include "pantomime/metrics/variety.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSmplJoints = 24;

/// Numbers of all repetitions of a row.
class Collected {
 public:
  explicit Collected(std::string name) : name_(std::move(name)) {}
  void add(const std::string& column, double value) { values_[column].push_back(value); }
  BenchmarkRow row() const {
    BenchmarkRow row{.name = name_};
    for (const auto& [column, values] : values_)
      row.numbers[column] = metrics::mean_interval(values);
    return row;
  }

 private:
  std::string name_;
  std::map<std::string, std::vector<double>> values_;
};

/// First frame of the 60 that are looked at, as ACTOR's loader draws it (it never takes the very
/// last place).
int64_t window_begin(int64_t frames, uint64_t seed) {
  if (frames <= kActionFrames) return 0;
  Random random(derive_seed(seed, "window"));
  return random.below(static_cast<uint32_t>(frames - kActionFrames));
}

motion::Clip at_rate(const motion::Clip& clip, double fps) {
  PANTOMIME_CHECK(clip.frame_count() >= 1, "benchmark: a clip without frames");
  return std::abs(clip.fps - fps) < 1e-9 ? clip : motion::resample(clip, fps);
}

std::vector<int64_t> shuffled(size_t total, int64_t most, uint64_t seed, const char* what) {
  Random random(derive_seed(seed, what));
  const auto n = static_cast<int64_t>(total);
  auto order = metrics::draw_without_replacement(random, n, n);
  order.resize(static_cast<size_t>(std::min(n, most)));
  return order;
}

}  // namespace

std::string to_markdown(const std::vector<BenchmarkRow>& rows,
                        const std::vector<std::string>& columns) {
  std::string text = "| set |", rule = "|---|";
  for (const std::string& column : columns) {
    text += fmt::format(" {} |", column);
    rule += "---:|";
  }
  text += "\n" + rule + "\n";
  for (const BenchmarkRow& row : rows) {
    text += fmt::format("| {} |", row.name);
    for (const std::string& column : columns) {
      const auto at = row.numbers.find(column);
      text += at == row.numbers.end()
                  ? " – |"
                  : fmt::format(" {:.3f} ± {:.3f} |", at->second.value, at->second.half_width);
    }
    text += "\n";
  }
  return text;
}

at::Tensor action_input(const motion::Clip& clip, uint64_t seed) {
  const motion::Clip slow = at_rate(clip, 20);
  const auto frames = static_cast<int64_t>(slow.frame_count());
  const int64_t first = window_begin(frames, seed);
  const motion::WorldPose pose = motion::forward_kinematics(slow);
  constexpr float kHand = 0.084f;
  at::Tensor out = at::empty({kActionFrames, 3 * kSmplJoints}, at::kFloat);
  float* to = out.data_ptr<float>();
  const motion::Vec3 begin = pose.positions[static_cast<size_t>(first) * motion::kJointCount];
  const auto put = [&](const motion::Vec3& p) {
    const motion::Vec3 d = p - begin;
    for (const float v : {d.x, -d.y, -d.z}) *to++ = v;  // half a turn about x
  };
  for (int64_t f = 0; f < kActionFrames; ++f) {
    const auto at = static_cast<size_t>(std::min(first + f, frames - 1)) * motion::kJointCount;
    for (size_t j = 0; j < motion::kJointCount; ++j) put(pose.positions[at + j]);
    for (const auto& [wrist, side] :
         {std::pair(motion::kLeftWrist, kHand), std::pair(motion::kRightWrist, -kHand)})
      put(pose.positions[at + wrist] + pose.rotations[at + wrist] * motion::Vec3{side, 0, 0});
  }
  return out;
}

at::Tensor rotation_input(const formats::ActorSequence& sequence, uint64_t seed) {
  const bool same_rate = std::abs(sequence.clip.fps - motion::kFps) < 1e-9;
  const motion::Clip clip = at_rate(sequence.clip, motion::kFps);
  const auto frames = static_cast<int64_t>(clip.frame_count());
  PANTOMIME_CHECK(
      !sequence.hands.empty() && (!same_rate || sequence.hands.size() == clip.frame_count()),
      "benchmark: hands in {} frames of {}", sequence.hands.size(), frames);
  const int64_t first = window_begin(frames, seed);
  constexpr motion::Quat kUpright{0, 1, 0, 0};  // half a turn about x
  at::Tensor out = at::empty({kActionFrames, kSmplJoints, 6}, at::kFloat);
  float* to = out.data_ptr<float>();
  const auto put = [&](motion::Quat q) {
    const auto columns = motion::to_6d(motion::conjugate(q));  // of the transposed: rows
    for (const float v : columns) *to++ = v;
  };
  for (int64_t f = 0; f < kActionFrames; ++f) {
    const auto frame = static_cast<size_t>(std::min(first + f, frames - 1));
    const motion::Quat* turns = &clip.rotations[frame * motion::kJointCount];
    put(motion::conjugate(kUpright) * turns[0]);
    for (size_t j = 1; j < motion::kJointCount; ++j) put(turns[j]);
    for (const motion::Quat& hand : sequence.hands[std::min(frame, sequence.hands.size() - 1)])
      put(hand);
  }
  return out;
}

std::array<motion::Quat, 2> mean_hands(const std::vector<formats::ActorSequence>& data) {
  std::array<motion::Quat, 2> sum{};
  for (size_t side = 0; side < 2; ++side) {
    motion::Quat& s = sum[side];
    s = {0, 0, 0, 0};
    for (const formats::ActorSequence& one : data)
      for (const auto& hands : one.hands) {
        const motion::Quat q = motion::canonical(hands[side]);
        s = {s.w + q.w, s.x + q.x, s.y + q.y, s.z + q.z};
      }
    s = motion::normalized(s);
  }
  return sum;
}

ActionProtocol humanact12_protocol(const metrics::ActionClassifier& judge) {
  return {
      {formats::kHumanAct12Actions.begin(), formats::kHumanAct12Actions.end()},
      [](const formats::ActorSequence& one, uint64_t seed) { return action_input(one.clip, seed); },
      [&judge](const at::Tensor& inputs, uint64_t seed) {
        return judge.look(
            inputs, std::vector<int64_t>(static_cast<size_t>(inputs.size(0)), kActionFrames), seed);
      }};
}

ActionProtocol uestc_protocol(const metrics::GraphClassifier& judge,
                              const std::vector<std::string>& actions) {
  return {actions, rotation_input, [&judge](const at::Tensor& inputs, uint64_t) {
            constexpr int64_t kBatch = 32;
            std::vector<at::Tensor> logits, features;
            for (int64_t first = 0; first < inputs.size(0); first += kBatch) {
              const metrics::Verdict part =
                  judge.look(inputs.narrow(0, first, std::min(kBatch, inputs.size(0) - first)));
              logits.push_back(part.logits);
              features.push_back(part.features);
            }
            return metrics::Verdict{at::cat(logits), at::cat(features)};
          }};
}

std::vector<BenchmarkRow> benchmark_actions(const std::vector<formats::ActorSequence>& data,
                                            const ActionProtocol& protocol, const MakeActions& make,
                                            const BenchmarkOptions& o, Progress& progress) {
  PANTOMIME_CHECK(data.size() >= 8 && o.repetitions >= 1,
                  "benchmark: {} sequences, {} repetitions, expected at least 8 and 1", data.size(),
                  o.repetitions);
  Collected real("real"), made("generated");
  progress.begin("benchmark", o.repetitions);
  for (int64_t r = 0; r < o.repetitions; ++r) {
    progress.check();
    const uint64_t seed = o.seed + static_cast<uint64_t>(r);
    const auto inputs_of = [&](const std::vector<int64_t>& order) {
      std::vector<at::Tensor> inputs;
      for (const int64_t i : order)
        inputs.push_back(protocol.input(data[static_cast<size_t>(i)],
                                        derive_seed(seed, "clip", static_cast<uint64_t>(i))));
      return at::stack(inputs);
    };
    const auto seen = [&](const at::Tensor& inputs) { return protocol.look(inputs, seed); };
    const auto note = [&](Collected& row, const metrics::Verdict& verdict,
                          const std::vector<int64_t>& truth, const at::Tensor& reference) {
      metrics::Confusion confusion(protocol.actions);
      const at::Tensor guess = verdict.logits.argmax(1);
      for (size_t i = 0; i < truth.size(); ++i)
        if (truth[i] >= 0) confusion.add(truth[i], guess[static_cast<int64_t>(i)].item<int64_t>());
      row.add("accuracy", confusion.accuracy());
      row.add("FID", metrics::frechet_distance(verdict.features, reference));
      row.add("diversity",
              metrics::diversity(verdict.features, 200, metrics::Draw::WithReplacement, seed));
      row.add("multimodality", metrics::multimodality(verdict.features, truth, 20, seed));
    };
    const auto order = shuffled(data.size(), o.clips, seed, "first");
    const auto again = shuffled(data.size(), o.clips, seed, "second");
    const auto truth_of = [&](const std::vector<int64_t>& which) {
      std::vector<int64_t> truth;
      for (const int64_t i : which) truth.push_back(data[static_cast<size_t>(i)].action);
      return truth;
    };
    const metrics::Verdict first = seen(inputs_of(order));
    note(real, seen(inputs_of(again)), truth_of(again), first.features);
    if (make) {
      std::vector<at::Tensor> inputs;
      for (const formats::ActorSequence& one : make(truth_of(order), seed))
        inputs.push_back(protocol.input(one, derive_seed(seed, "made", inputs.size())));
      PANTOMIME_CHECK(inputs.size() == order.size(), "benchmark: {} clips made of {}",
                      inputs.size(), order.size());
      note(made, seen(at::stack(inputs)), truth_of(order), first.features);
    }
    progress.step(r + 1);
  }
  progress.end();
  std::vector<BenchmarkRow> rows = {real.row()};
  if (make) rows.push_back(made.row());
  return rows;
}

std::vector<ToldMotion> read_humanml3d_set(const fs::path& folder, const fs::path& list) {
  constexpr int64_t kShortest = 40, kTooLong = 200, kLongest = 196, kUnit = 4;
  std::vector<ToldMotion> set;
  for (const std::string& id : formats::parse_split_list(read_file(list), list.string())) {
    const fs::path motion_file = folder / "new_joint_vecs" / (id + ".npy");
    const fs::path text_file = folder / "texts" / (id + ".txt");
    const formats::NpyArray array = formats::read_npy(motion_file);
    if (array.shape.size() != 2 || array.shape[1] != formats::kHumanMl3dWidth)
      throw ParseError(fmt::format("{}: expected an array [F, {}]", motion_file.string(),
                                   formats::kHumanMl3dWidth));
    const std::vector<double> values = formats::doubles_of(array, motion_file.string());
    const at::Tensor all =
        at::tensor(values, at::kDouble).to(at::kFloat).view({array.shape[0], array.shape[1]});
    const auto usable = [&](int64_t frames) { return frames >= kShortest && frames < kTooLong; };
    if (!usable(all.size(0))) continue;
    const auto cut = [&](const at::Tensor& part) {
      return part.narrow(0, 0, std::min(part.size(0), kLongest) / kUnit * kUnit).clone();
    };
    ToldMotion whole{.id = id, .features = cut(all)};
    for (const formats::HumanMl3dCaption& caption :
         formats::parse_humanml3d_captions(read_file(text_file), text_file.string())) {
      if (!caption.has_interval()) {
        whole.sentences.push_back(caption.text);
        whole.tokens.push_back(caption.tokens);
        continue;
      }
      const auto first = static_cast<int64_t>(caption.first * formats::kHumanMl3dFps);
      const int64_t last =
          std::min(static_cast<int64_t>(caption.last * formats::kHumanMl3dFps), all.size(0));
      if (!usable(last - first)) continue;
      set.push_back({.id = fmt::format("{}@{}", id, first),
                     .features = cut(all.narrow(0, first, last - first)),
                     .sentences = {caption.text},
                     .tokens = {caption.tokens}});
    }
    if (!whole.sentences.empty()) set.push_back(std::move(whole));
  }
  PANTOMIME_CHECK(set.size() >= 32, "{}: {} motions with sentences, expected at least 32",
                  list.string(), set.size());
  return set;
}

std::vector<BenchmarkRow> benchmark_told(const std::vector<ToldMotion>& data,
                                         const metrics::FieldEvaluator& judge, const MakeTold& make,
                                         const BenchmarkOptions& o, Progress& progress) {
  PANTOMIME_CHECK(o.repetitions >= 1, "benchmark: {} repetitions, expected at least 1",
                  o.repetitions);
  Collected real("real"), made("generated");
  constexpr int64_t kPool = 32;
  progress.begin("benchmark", o.repetitions);
  for (int64_t r = 0; r < o.repetitions; ++r) {
    progress.check();
    const uint64_t seed = o.seed + static_cast<uint64_t>(r);
    const auto order = shuffled(data.size(), o.clips, seed, "order");
    std::vector<at::Tensor> motions;
    std::vector<std::string> sentences;
    std::vector<std::vector<std::pair<std::string, std::string>>> tokens;
    std::vector<int64_t> frames;
    Random random(derive_seed(seed, "sentence"));
    for (const int64_t i : order) {
      const ToldMotion& one = data[static_cast<size_t>(i)];
      const size_t which = random.below(static_cast<uint32_t>(one.sentences.size()));
      motions.push_back(one.features);
      sentences.push_back(one.sentences[which]);
      tokens.push_back(one.tokens[which]);
      frames.push_back(one.features.size(0));
    }
    const at::Tensor said = judge.sentences(tokens), shown = judge.motions(motions);
    const auto note = [&](Collected& row, const at::Tensor& where) {
      const metrics::Retrieval found = metrics::retrieval(said, where, kPool);
      for (size_t k = 0; k < 3; ++k) row.add(fmt::format("R@{}", k + 1), found.top[k]);
      row.add("MM-distance", found.distance);
      row.add("FID", metrics::frechet_distance(where, shown));
      row.add("diversity", metrics::diversity(where, std::min<int64_t>(300, where.size(0) / 3),
                                              metrics::Draw::WithoutReplacement, seed));
    };
    note(real, shown);
    if (make) note(made, judge.motions(make(sentences, frames, seed)));
    if (make && o.mm_sentences > 0) {
      // Sentences from the begin of the shuffled list, each said so often.
      PANTOMIME_CHECK(o.mm_motions >= 2 && o.mm_pairs >= 1,
                      "benchmark: {} motions a sentence in {} pairs, expected at least 2 and 1",
                      o.mm_motions, o.mm_pairs);
      std::vector<std::string> said_again;
      std::vector<int64_t> lengths;
      const size_t count = std::min(sentences.size(), static_cast<size_t>(o.mm_sentences));
      for (size_t i = 0; i < count; ++i) {
        said_again.insert(said_again.end(), static_cast<size_t>(o.mm_motions), sentences[i]);
        lengths.insert(lengths.end(), static_cast<size_t>(o.mm_motions), frames[i]);
      }
      const uint64_t other = derive_seed(seed, "multimodality");
      made.add("multimodality",
               metrics::multimodality_of_groups(judge.motions(make(said_again, lengths, other)),
                                                o.mm_motions, o.mm_pairs, other));
    }
    progress.step(r + 1);
  }
  progress.end();
  std::vector<BenchmarkRow> rows = {real.row()};
  if (make) rows.push_back(made.row());
  return rows;
}

}  // namespace pantomime::commands
