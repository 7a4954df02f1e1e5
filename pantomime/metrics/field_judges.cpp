#include "pantomime/metrics/field_judges.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <map>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/metrics/graph_network.h"

namespace pantomime::metrics {
namespace {

const at::Tensor& tensor(const JudgeWeights& weights, const std::string& name) {
  const auto it = weights.find(name);
  PANTOMIME_CHECK(it != weights.end(), "benchmark: the judge has no tensor \"{}\"", name);
  return it->second;
}

at::Tensor linear(const JudgeWeights& weights, const at::Tensor& x, const std::string& name) {
  const at::Tensor& weight = tensor(weights, name + ".weight");
  PANTOMIME_CHECK(weight.dim() == 2 && weight.size(1) == x.size(-1),
                  "benchmark: the judge's \"{}\" takes {} numbers, got {}", name,
                  weight.dim() == 2 ? weight.size(1) : -1, x.size(-1));
  return at::linear(x, weight, tensor(weights, name + ".bias"));
}

/// Two directions in one layer over rows of one length [B, T, d], from the learnt state: the end of
/// both [B, 2 H].
at::Tensor both_ways(const JudgeWeights& weights, const at::Tensor& x, const std::string& name) {
  std::vector<at::Tensor> parameters;
  for (const char* direction : {"", "_reverse"})
    for (const char* part : {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"})
      parameters.push_back(tensor(weights, name + ".gru." + part + direction));
  const at::Tensor begin =
      tensor(weights, name + ".hidden").expand({-1, x.size(0), -1}).contiguous();
  const at::Tensor end =
      std::get<1>(at::gru(x, begin, parameters, true, 1, 0.0, false, true, true));  // [2, B, H]
  return at::cat({end[0], end[1]}, 1);
}

/// What both of the evaluator's encoders end with.
at::Tensor output_net(const JudgeWeights& weights, const at::Tensor& x, const std::string& name) {
  at::Tensor h = linear(weights, x, name + ".output_net.0");
  h = at::layer_norm(h, {h.size(1)}, tensor(weights, name + ".output_net.1.weight"),
                     tensor(weights, name + ".output_net.1.bias"));
  return linear(weights, at::leaky_relu(h, 0.2), name + ".output_net.3");
}

/// Runs `one` on batches of rows of one length each and puts the answers where the rows were.
template <typename Function>
at::Tensor by_length(const std::vector<at::Tensor>& rows, const Function& one) {
  PANTOMIME_CHECK(!rows.empty(), "benchmark: nothing to judge");
  constexpr size_t kBatch = 64;
  std::map<int64_t, std::vector<size_t>> groups;
  for (size_t i = 0; i < rows.size(); ++i) groups[rows[i].size(0)].push_back(i);
  std::vector<at::Tensor> result(rows.size());
  for (const auto& [length, members] : groups) {
    for (size_t first = 0; first < members.size(); first += kBatch) {
      const size_t last = std::min(members.size(), first + kBatch);
      std::vector<at::Tensor> batch;
      for (size_t i = first; i < last; ++i) batch.push_back(rows[members[i]]);
      const at::Tensor answers = one(at::stack(batch));
      for (size_t i = first; i < last; ++i)
        result[members[i]] = answers[static_cast<int64_t>(i - first)];
    }
  }
  return at::stack(result);
}

// In the order of the evaluator's one-hot numbers.
constexpr std::array<std::string_view, 15> kTags = {
    "VERB", "NOUN",    "DET",      "ADP",     "NUM",     "AUX",      "PRON", "ADJ",
    "ADV",  "Loc_VIP", "Body_VIP", "Obj_VIP", "Act_VIP", "Desc_VIP", "OTHER"};
constexpr int64_t kFirstList = 9, kOther = 14;

const std::array<std::vector<std::string_view>, 5>& word_lists() {
  static const std::array<std::vector<std::string_view>, 5> lists = {
      {{"left", "right", "clockwise", "counterclockwise", "anticlockwise", "forward", "back",
        "backward", "up", "down", "straight", "curve"},
       {"arm", "chin", "foot", "feet", "face", "hand", "mouth", "leg", "waist", "eye", "knee",
        "shoulder", "thigh"},
       {"stair", "dumbbell", "chair", "window", "floor", "car", "ball", "handrail", "baseball",
        "basketball"},
       {"walk",  "run",     "swing", "pick",   "bring",   "kick",   "put",  "squat",   "throw",
        "hop",   "dance",   "jump",  "turn",   "stumble", "stop",   "sit",  "lift",    "lower",
        "raise", "wash",    "stand", "kneel",  "stroll",  "rub",    "bend", "balance", "flap",
        "jog",   "shuffle", "lean",  "rotate", "spin",    "spread", "climb"},
       {"slowly", "carefully", "fast", "careful", "slow", "quickly", "happy", "angry", "sad",
        "happily", "angrily", "sadly"}}};
  return lists;
}

}  // namespace

int64_t part_of_speech(std::string_view word, std::string_view tag) {
  const auto& lists = word_lists();
  for (size_t l = 0; l < lists.size(); ++l)
    if (std::find(lists[l].begin(), lists[l].end(), word) != lists[l].end())
      return kFirstList + static_cast<int64_t>(l);
  const auto at = std::find(kTags.begin(), kTags.end(), tag);
  return at == kTags.end() ? kOther : at - kTags.begin();
}

Verdict ActionClassifier::look(const at::Tensor& positions, const std::vector<int64_t>& lengths,
                               std::optional<uint64_t> seed) const {
  const at::NoGradGuard no_grad;
  const at::Tensor& input = tensor(weights, "recurrent.weight_ih_l0");
  const int64_t hidden = tensor(weights, "recurrent.weight_hh_l0").size(1);
  PANTOMIME_CHECK(positions.dim() == 3 && positions.size(2) == input.size(1) &&
                      positions.size(0) == static_cast<int64_t>(lengths.size()),
                  "benchmark: expected positions [{}, F, {}]", lengths.size(), input.size(1));
  std::vector<at::Tensor> parameters;
  constexpr int64_t kLayers = 2;
  for (const char* layer : {"_l0", "_l1"})
    for (const char* part : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"})
      parameters.push_back(tensor(weights, std::string("recurrent.") + part + layer));
  at::Tensor begin = at::zeros({kLayers, positions.size(0), hidden}, at::kFloat);
  Random random(derive_seed(seed.value_or(0), "classifier"));
  for (int64_t i = 0; seed && i < begin.numel(); ++i)
    begin.data_ptr<float>()[i] = static_cast<float>(random.normal());
  const at::Tensor states =
      std::get<0>(at::gru(positions.to(at::kFloat).contiguous(), begin, parameters, true, kLayers,
                          0.0, false, false, true));
  std::vector<at::Tensor> ends;
  for (size_t b = 0; b < lengths.size(); ++b) {
    PANTOMIME_CHECK(lengths[b] >= 1 && lengths[b] <= positions.size(1),
                    "benchmark: {} frames of {}", lengths[b], positions.size(1));
    ends.push_back(states[static_cast<int64_t>(b)][lengths[b] - 1]);
  }
  Verdict verdict;
  verdict.features = at::tanh(linear(weights, at::stack(ends), "linear1"));
  verdict.logits = linear(weights, verdict.features, "linear2");
  return verdict;
}

Verdict GraphClassifier::look(const at::Tensor& x) const {
  const at::NoGradGuard no_grad;
  const at::Tensor& graph = tensor(weights, "A");
  PANTOMIME_CHECK(x.dim() == 4 && graph.dim() == 3 && x.size(2) == graph.size(1),
                  "benchmark: expected motions [B, F, {}, C]", graph.size(-1));
  const int64_t batch = x.size(0), joints = x.size(2);
  // Batch norm as it is used after training, over the last dimension.
  const auto norm = [&](const at::Tensor& h, const std::string& name) {
    const at::Tensor scale =
        tensor(weights, name + ".weight") / (tensor(weights, name + ".running_var") + 1e-5).sqrt();
    PANTOMIME_CHECK(scale.numel() == h.size(-1),
                    "benchmark: the judge's \"{}\" takes {} numbers, got {}", name, scale.numel(),
                    h.size(-1));
    return (h - tensor(weights, name + ".running_mean")) * scale + tensor(weights, name + ".bias");
  };
  const auto matrix = [&](const std::string& name) {  // a convolution's [O, C, 1, 1]
    return tensor(weights, name + ".weight").flatten(1);
  };
  at::Tensor h = norm(x.to(at::kFloat).reshape({batch, x.size(1), -1}), "data_bn").view(x.sizes());
  for (int64_t b = 0;; ++b) {
    const std::string name = "st_gcn_networks." + std::to_string(b);
    if (!weights.contains(name + ".gcn.conv.weight")) {
      PANTOMIME_CHECK(b > 0, "benchmark: the judge has no tensor \"{}.gcn.conv.weight\"", name);
      break;
    }
    const at::Tensor edges = graph * tensor(weights, "edge_importance." + std::to_string(b));
    const int64_t frames = h.size(1);
    at::Tensor y =
        graph_convolution(h.reshape({batch * frames, joints, h.size(3)}), edges,
                          matrix(name + ".gcn.conv"), tensor(weights, name + ".gcn.conv.bias"));
    y = at::relu(norm(y, name + ".tcn.0")).view({batch, frames, joints, -1});
    // Where channels change, after the first block, frames are halved.
    const bool changes = weights.contains(name + ".residual.0.weight");
    const int64_t stride = changes ? 2 : 1;
    const at::Tensor& time = tensor(weights, name + ".tcn.2.weight");  // [O, C, 9, 1]
    PANTOMIME_CHECK(time.dim() == 4, "benchmark: the judge's \"{}.tcn.2\" is no convolution", name);
    y = convolution_over_frames(y, time.squeeze(3).transpose(1, 2).flatten(1),
                                tensor(weights, name + ".tcn.2.bias"), stride);
    y = norm(y, name + ".tcn.3");
    if (changes) {
      h = at::linear(h.slice(1, 0, c10::nullopt, stride), matrix(name + ".residual.0"),
                     tensor(weights, name + ".residual.0.bias"));
      y = y + norm(h, name + ".residual.1");
    } else if (b > 0) {
      y = y + h;
    }
    h = at::relu(y);
  }
  Verdict verdict;
  verdict.features = h.mean({1, 2});
  verdict.logits = at::linear(verdict.features, matrix("fcn"), tensor(weights, "fcn.bias"));
  return verdict;
}

at::Tensor FieldEvaluator::motions(const std::vector<at::Tensor>& features) const {
  const at::NoGradGuard no_grad;
  const at::Tensor mean = tensor(weights, "mean"), deviation = tensor(weights, "std");
  constexpr int64_t kContacts = 4;  // its movement encoder doesn't see them
  std::vector<at::Tensor> rows;
  for (const at::Tensor& motion : features) {
    PANTOMIME_CHECK(motion.dim() == 2 && motion.size(1) == mean.numel() &&
                        motion.size(0) >= 2 * kUnit && motion.size(0) < kLongest + kUnit,
                    "benchmark: expected motions [F, {}] of {} to {} frames", mean.numel(),
                    2 * kUnit, kLongest);
    const int64_t frames = motion.size(0) / kUnit * kUnit;
    rows.push_back(((motion.narrow(0, 0, frames).to(at::kFloat) - mean) / deviation)
                       .narrow(1, 0, mean.numel() - kContacts));
  }
  return by_length(rows, [&](const at::Tensor& x) {  // [B, F, 259]
    const auto convolved = [&](const at::Tensor& in, const std::string& name) {
      return at::leaky_relu(at::conv1d(in, tensor(weights, name + ".weight"),
                                       tensor(weights, name + ".bias"), {2}, {1}),
                            0.2);
    };
    // Its loader pads normalised motions with zeros to 196 frames: what the convolutions see behind
    // a shorter one is such frames, not an end.
    const int64_t tokens = x.size(1) / kUnit, more = x.size(1) < kLongest ? kUnit : 0;
    at::Tensor h =
        convolved(at::constant_pad_nd(x.transpose(1, 2), {0, more}, 0), "movement_encoder.main.0");
    h = convolved(h, "movement_encoder.main.3").narrow(2, 0, tokens).transpose(1, 2);
    h = linear(weights, h, "movement_encoder.out_net");
    h = linear(weights, h, "motion_encoder.input_emb");
    return output_net(weights, both_ways(weights, h.contiguous(), "motion_encoder"),
                      "motion_encoder");
  });
}

at::Tensor FieldEvaluator::sentences(
    const std::vector<std::vector<std::pair<std::string, std::string>>>& tokens) const {
  const at::NoGradGuard no_grad;
  const at::Tensor& vectors = tensor(weights, "words");
  std::map<std::string, int64_t> index;
  for (size_t i = 0; i < vocabulary.size(); ++i) index[vocabulary[i]] = static_cast<int64_t>(i);
  PANTOMIME_CHECK(vectors.dim() == 2 && vectors.size(0) == static_cast<int64_t>(index.size()) &&
                      index.contains("unk") && index.contains("sos") && index.contains("eos"),
                  "benchmark: {} words in the vocabulary, {} vectors, expected as many, with unk, "
                  "sos and eos",
                  index.size(), vectors.size(0));
  std::vector<at::Tensor> rows;
  for (const auto& sentence : tokens) {
    std::vector<std::pair<std::string, std::string>> words = {{"sos", "OTHER"}};
    const auto count = std::min<size_t>(sentence.size(), kMostWords);
    words.insert(words.end(), sentence.begin(),
                 sentence.begin() + static_cast<std::ptrdiff_t>(count));
    words.emplace_back("eos", "OTHER");
    std::vector<int64_t> which;
    at::Tensor tags = at::zeros(
        {static_cast<int64_t>(words.size()), static_cast<int64_t>(kTags.size())}, at::kFloat);
    for (const auto& [word, tag] : words) {
      const auto at = index.find(word);
      const bool known = at != index.end();
      tags[static_cast<int64_t>(which.size())][known ? part_of_speech(word, tag) : kOther] = 1;
      which.push_back(known ? at->second : index.at("unk"));
    }
    rows.push_back(vectors.index_select(0, at::tensor(which, at::kLong)) +
                   linear(weights, tags, "text_encoder.pos_emb"));
  }
  return by_length(rows, [&](const at::Tensor& x) {
    const at::Tensor h = linear(weights, x, "text_encoder.input_emb");
    return output_net(weights, both_ways(weights, h, "text_encoder"), "text_encoder");
  });
}

}  // namespace pantomime::metrics
