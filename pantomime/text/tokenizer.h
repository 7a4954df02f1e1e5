// Sentences to word pieces, by their probabilities.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pantomime::text {

/// The unigram model of SentencePiece (Kudo 2018, "Subword Regularization"): of all ways to spell a
/// text with pieces the one with the largest sum of log probabilities.
class Tokenizer {
 public:
  /// Pieces with scores by index; the first `reserved` stand for nothing that is written.
  explicit Tokenizer(const std::vector<std::pair<std::string, float>>& pieces, size_t reserved = 6);

  /// Indices of the pieces of a UTF-8 text: it is brought to NFKC, spaces become U+2581, one goes
  /// in front. Runs of characters that no piece has are one token 0. Throws Error for bytes that
  /// are not UTF-8.
  std::vector<int64_t> tokens(std::string_view text) const;

 private:
  struct Piece {
    int64_t index;
    float score;
  };
  std::unordered_map<std::string, Piece> pieces_;
  size_t longest_ = 1;  ///< bytes
};

}  // namespace pantomime::text
