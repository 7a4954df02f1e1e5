#include "pantomime/text/sentence_encoder.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/panels.h"

namespace pantomime::text {

/// Rows of numbers, all equally long.
struct SentenceEncoder::Rows {
  size_t count, width;
  std::vector<float> numbers;
  Rows(size_t n, size_t w) : count(n), width(w), numbers(n * w) {}
  float* row(size_t i) { return numbers.data() + i * width; }
  const float* row(size_t i) const { return numbers.data() + i * width; }
};

namespace {

using formats::Weights;

constexpr size_t kMostTokens = 128;
constexpr size_t kHeads = 4;

/// Of the same kind as SentenceEncoder::Rows, which has no name out here.
template <typename Rows>
Rows norm(const Rows& x, const Weights& scale, const Weights& bias) {
  Rows y(x.count, x.width);
  for (size_t i = 0; i < x.count; ++i) {
    const float* from = x.row(i);
    double mean = 0, variance = 0;
    for (size_t j = 0; j < x.width; ++j) mean += from[j];
    mean /= static_cast<double>(x.width);
    for (size_t j = 0; j < x.width; ++j) variance += (from[j] - mean) * (from[j] - mean);
    variance /= static_cast<double>(x.width);
    const double inverse = 1 / std::sqrt(variance + 1e-6);
    for (size_t j = 0; j < x.width; ++j)
      y.row(i)[j] =
          static_cast<float>((from[j] - mean) * inverse) * scale.numbers[j] + bias.numbers[j];
  }
  return y;
}

template <typename Rows>
Rows attention(const Rows& qkv) {
  const size_t n = qkv.count, width = qkv.width / 3, size = width / kHeads;
  const float scale = 1 / std::sqrt(static_cast<float>(size));
  Rows out(n, width);
  std::vector<double> weight(n);
  for (size_t h = 0; h < kHeads; ++h)
    for (size_t i = 0; i < n; ++i) {
      const float* q = qkv.row(i) + h * size;
      double largest = -1e30, sum = 0;
      for (size_t j = 0; j < n; ++j) {
        const float* k = qkv.row(j) + width + h * size;
        double dot = 0;
        for (size_t c = 0; c < size; ++c) dot += static_cast<double>(q[c] * scale) * k[c];
        weight[j] = dot;
        largest = std::max(largest, dot);
      }
      for (double& w : weight) sum += w = std::exp(w - largest);
      float* to = out.row(i) + h * size;
      for (size_t j = 0; j < n; ++j) {
        const auto w = static_cast<float>(weight[j] / sum);
        const float* v = qkv.row(j) + 2 * width + h * size;
        for (size_t c = 0; c < size; ++c) to[c] += w * v[c];
      }
    }
  return out;
}

template <typename Rows>
void add(Rows& x, const Rows& y) {
  for (size_t i = 0; i < x.numbers.size(); ++i) x.numbers[i] += y.numbers[i];
}

}  // namespace

SentenceEncoder::Linear::Linear(const Weights& w, const Weights& b)
    : out(w.columns),
      in(w.rows),
      panels(pack_panels(w.numbers.data(), out, in, 1, out)),
      bias(b.numbers) {}

SentenceEncoder::Layer::Layer(const formats::UseLiteLayer& w)
    : norm_scale(w.norm_scale),
      norm_bias(w.norm_bias),
      ffn_norm_scale(w.ffn_norm_scale),
      ffn_norm_bias(w.ffn_norm_bias),
      qkv(w.qkv, w.qkv_bias),
      out(w.out, w.out_bias),
      up(w.up, w.up_bias),
      down(w.down, w.down_bias) {}

SentenceEncoder::Rows SentenceEncoder::product(const Rows& x, const Linear& linear) {
  Rows y(x.count, static_cast<size_t>(linear.out));
  multiply_panels(x.numbers.data(), static_cast<int64_t>(x.count), linear.panels, linear.out,
                  linear.in, linear.bias.data(), y.numbers.data(), 0, panel_count(linear.out));
  return y;
}

/// `residual` is what the layer's result is added to.
SentenceEncoder::Rows SentenceEncoder::run(const Rows& x, Rows residual, const Layer& w) {
  add(residual, product(attention(product(norm(x, w.norm_scale, w.norm_bias), w.qkv)), w.out));
  Rows hidden = product(norm(residual, w.ffn_norm_scale, w.ffn_norm_bias), w.up);
  for (float& v : hidden.numbers) v = std::max(v, 0.0f);
  add(residual, product(hidden, w.down));
  return residual;
}

SentenceEncoder::SentenceEncoder(formats::UseLite weights)
    : embeddings_(std::move(weights.embeddings)),
      inverse_timescales_(std::move(weights.inverse_timescales)),
      widen_(weights.widen, weights.widen_bias),
      last_(weights.last, weights.last_bias),
      layers_{Layer(weights.layers[0]), Layer(weights.layers[1])},
      tokenizer_(std::move(weights.pieces)) {}

std::filesystem::path SentenceEncoder::default_folder() {
  return resource_path("assets/sentence_encoder");
}

SentenceEncoder SentenceEncoder::open(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "model.json"))
    fail("{}: no sentence encoder there; tools/fetch_text fetches it", folder.string());
  return SentenceEncoder(formats::read_use_lite(folder));
}

Sentence SentenceEncoder::encode(std::string_view text) const {
  Sentence sentence;
  sentence.tokens = tokenizer_.tokens(text);
  if (text.find_first_not_of(" \t\n\r") == std::string_view::npos) fail("text: no word in it");
  if (sentence.tokens.size() > kMostTokens) sentence.tokens.resize(kMostTokens);
  const size_t n = sentence.tokens.size();
  const auto narrow = static_cast<size_t>(embeddings_.columns);
  Rows x(n, narrow);
  for (size_t i = 0; i < n; ++i) {
    const float* embedding =
        embeddings_.numbers.data() + static_cast<size_t>(sentence.tokens[i]) * narrow;
    for (size_t j = 0; j < narrow / 2; ++j) {
      const float angle = static_cast<float>(i) * inverse_timescales_.numbers[j];
      x.row(i)[j] = 2 * embedding[j] + std::sin(angle);
      x.row(i)[narrow / 2 + j] = 2 * embedding[narrow / 2 + j] + std::cos(angle);
    }
  }
  Rows states = run(x, product(x, widen_), layers_[0]);
  states = run(states, states, layers_[1]);
  Rows mean(1, Sentence::kWidth);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < states.width; ++j)
      mean.row(0)[j] += states.row(i)[j] / static_cast<float>(n);
  Rows last = product(mean, last_);
  double length = 0;
  for (float& v : last.numbers) {
    v = std::tanh(v);
    length += static_cast<double>(v) * v;
  }
  const auto inverse = static_cast<float>(1 / std::sqrt(std::max(length, 1e-12)));
  for (float& v : last.numbers) v *= inverse;
  sentence.states = std::move(states.numbers);
  sentence.mean = std::move(last.numbers);
  return sentence;
}

double similarity(const Sentence& a, const Sentence& b) {
  double dot = 0;
  for (size_t i = 0; i < a.mean.size(); ++i) dot += static_cast<double>(a.mean[i]) * b.mean[i];
  return dot;
}

}  // namespace pantomime::text
