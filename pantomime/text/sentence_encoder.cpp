#include "pantomime/text/sentence_encoder.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::text {
namespace {

using formats::UseLiteLayer;
using formats::Weights;

constexpr size_t kMostTokens = 128;
constexpr size_t kHeads = 4;

/// Rows of numbers, all equally long.
struct Rows {
  size_t count, width;
  std::vector<float> numbers;
  Rows(size_t n, size_t w) : count(n), width(w), numbers(n * w) {}
  float* row(size_t i) { return numbers.data() + i * width; }
  const float* row(size_t i) const { return numbers.data() + i * width; }
};

Rows product(const Rows& x, const Weights& weights, const Weights& bias) {
  const auto in = static_cast<size_t>(weights.rows), out = static_cast<size_t>(weights.columns);
  Rows y(x.count, out);
  for (size_t i = 0; i < x.count; ++i) {
    float* to = y.row(i);
    std::copy(bias.numbers.begin(), bias.numbers.end(), to);
    for (size_t k = 0; k < in; ++k) {
      const float v = x.row(i)[k];
      const float* w = weights.numbers.data() + k * out;
      for (size_t j = 0; j < out; ++j) to[j] += v * w[j];
    }
  }
  return y;
}

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

void add(Rows& x, const Rows& y) {
  for (size_t i = 0; i < x.numbers.size(); ++i) x.numbers[i] += y.numbers[i];
}

/// `residual` is what the layer's result is added to.
Rows layer(const Rows& x, Rows residual, const UseLiteLayer& w) {
  add(residual, product(attention(product(norm(x, w.norm_scale, w.norm_bias), w.qkv, w.qkv_bias)),
                        w.out, w.out_bias));
  Rows hidden = product(norm(residual, w.ffn_norm_scale, w.ffn_norm_bias), w.up, w.up_bias);
  for (float& v : hidden.numbers) v = std::max(v, 0.0f);
  add(residual, product(hidden, w.down, w.down_bias));
  return residual;
}

}  // namespace

SentenceEncoder::SentenceEncoder(formats::UseLite weights)
    : weights_(std::move(weights)), tokenizer_(weights_.pieces) {}

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
  const auto narrow = static_cast<size_t>(weights_.embeddings.columns);
  Rows x(n, narrow);
  for (size_t i = 0; i < n; ++i) {
    const float* embedding =
        weights_.embeddings.numbers.data() + static_cast<size_t>(sentence.tokens[i]) * narrow;
    for (size_t j = 0; j < narrow / 2; ++j) {
      const float angle = static_cast<float>(i) * weights_.inverse_timescales.numbers[j];
      x.row(i)[j] = 2 * embedding[j] + std::sin(angle);
      x.row(i)[narrow / 2 + j] = 2 * embedding[narrow / 2 + j] + std::cos(angle);
    }
  }
  Rows states = layer(x, product(x, weights_.widen, weights_.widen_bias), weights_.layers[0]);
  states = layer(states, states, weights_.layers[1]);
  Rows mean(1, Sentence::kWidth);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < states.width; ++j)
      mean.row(0)[j] += states.row(i)[j] / static_cast<float>(n);
  Rows last = product(mean, weights_.last, weights_.last_bias);
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
