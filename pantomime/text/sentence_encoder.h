// What a sentence means, as numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "pantomime/formats/use_lite.h"
#include "pantomime/text/tokenizer.h"

namespace pantomime::text {

/// A sentence after the encoder.
struct Sentence {
  static constexpr int64_t kWidth = 512;
  std::vector<int64_t> tokens;  ///< [T] indices of word pieces
  std::vector<float> states;    ///< [T, 512] what each piece means in this sentence
  std::vector<float> mean;      ///< [512] unit vector of the whole
};

/// Universal Sentence Encoder Lite (Cer et al. 2018), two pre-norm transformer layers, run in plain
/// C++: 5 million multiply-adds a token. The graph adds the embeddings twice, and takes at most 128
/// tokens.
class SentenceEncoder {
 public:
  explicit SentenceEncoder(formats::UseLite weights);
  /// From the folder that tools/fetch_text fills. Throws Error that says so when it is not there.
  static SentenceEncoder open(const std::filesystem::path& folder = default_folder());
  static std::filesystem::path default_folder();  ///< assets/sentence_encoder

  /// Same text, same numbers. Throws Error for text that is not UTF-8 or empty.
  Sentence encode(std::string_view text) const;

 private:
  struct Linear {
    explicit Linear(const formats::Weights& weight, const formats::Weights& bias);
    int64_t out, in;
    std::vector<float> panels, bias;  ///< base/panels.h
  };
  struct Layer {
    explicit Layer(const formats::UseLiteLayer& layer);
    formats::Weights norm_scale, norm_bias, ffn_norm_scale, ffn_norm_bias;
    Linear qkv, out, up, down;
  };
  struct Rows;
  static Rows product(const Rows& x, const Linear& linear);
  static Rows run(const Rows& x, Rows residual, const Layer& layer);

  formats::Weights embeddings_, inverse_timescales_;
  Linear widen_, last_;
  Layer layers_[2];
  Tokenizer tokenizer_;
};

/// Cosine of two sentences' means.
double similarity(const Sentence& a, const Sentence& b);

}  // namespace pantomime::text
