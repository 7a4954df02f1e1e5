#include "pantomime/formats/use_lite.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kMostNumbers = 64 << 20;  // of one array
constexpr size_t kMostPieces = 1 << 20;

/// Arrays of the package by the ends of their names.
class Package {
 public:
  explicit Package(const fs::path& folder) : where_((folder / "model.json").string()) {
    manifest_ = parse_use_lite_manifest(read_file(folder / "model.json"), where_);
    for (const std::string& shard : manifest_.shards) bytes_ += read_file(folder / shard);
  }

  /// The one array whose name holds `part`.
  Weights find(std::string_view part, int64_t rows, int64_t columns) const {
    const ManifestEntry* found = nullptr;
    for (const ManifestEntry& entry : manifest_.entries) {
      if (entry.name.find(part) == std::string::npos) continue;
      if (found != nullptr) fail("{}: two arrays are called {}", where_, part);
      found = &entry;
    }
    if (found == nullptr) fail("{}: no array called {}", where_, part);
    int64_t numbers = 1;
    for (const int64_t size : found->shape) numbers *= size;
    if (!found->is_float || numbers != rows * columns || found->shape.empty() ||
        found->shape.back() != columns)
      fail("{}: {} has {} numbers, expected {} x {}", where_, found->name, numbers, rows, columns);
    if (found->offset + found->bytes > bytes_.size())
      fail("{}: {} ends at byte {}, the shards have {}", where_, found->name,
           found->offset + found->bytes, bytes_.size());
    Weights weights{rows, columns, std::vector<float>(static_cast<size_t>(numbers))};
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(weights.numbers.data(), bytes_.data() + found->offset, found->bytes);
    for (const float v : weights.numbers)
      if (!std::isfinite(v)) fail("{}: {} holds a number that is not finite", where_, found->name);
    return weights;
  }

 private:
  std::string where_;
  Manifest manifest_;
  std::string bytes_;
};

}  // namespace

Manifest parse_use_lite_manifest(std::string_view text, const std::string& name) {
  const json model = parse_json(text, name);
  Manifest manifest;
  const auto bad = [&](const std::string& what) { fail("{}: {}", name, what); };
  if (!model.is_object() || !model.contains("weightsManifest") ||
      !model["weightsManifest"].is_array())
    bad("no list \"weightsManifest\", expected a TensorFlow.js graph model");
  uint64_t offset = 0;
  for (const json& group : model["weightsManifest"]) {
    if (!group.is_object() || !group.contains("paths") || !group["paths"].is_array() ||
        !group.contains("weights") || !group["weights"].is_array())
      bad("a group of weights without \"paths\" and \"weights\"");
    for (const json& path : group["paths"]) {
      const std::string shard = path.is_string() ? path.get<std::string>() : "";
      if (shard.empty() || shard.find('/') != std::string::npos || shard == "..")
        bad(fmt::format("path \"{}\", expected the name of a file", shard));
      manifest.shards.push_back(shard);
    }
    for (const json& weight : group["weights"]) {
      if (!weight.is_object() || !weight.contains("name") || !weight["name"].is_string() ||
          !weight.contains("shape") || !weight["shape"].is_array() || !weight.contains("dtype") ||
          !weight["dtype"].is_string())
        bad("a weight without \"name\", \"shape\" and \"dtype\"");
      ManifestEntry entry{.name = weight["name"], .offset = offset};
      const std::string type = weight["dtype"];
      if ((type != "float32" && type != "int32") || weight.contains("quantization"))
        bad(fmt::format("{}: type {}, expected float32 or int32, not quantised", entry.name, type));
      entry.is_float = type == "float32";
      int64_t numbers = 1;
      for (const json& size : weight["shape"]) {
        const int64_t n = size.is_number_integer() ? size.get<int64_t>() : -1;
        if (n < 0 || (n > 0 && numbers > kMostNumbers / n))
          bad(fmt::format("{}: shape {}", entry.name, weight["shape"].dump()));
        numbers *= n;
        entry.shape.push_back(n);
      }
      entry.bytes = static_cast<uint64_t>(numbers) * 4;
      offset += entry.bytes;
      manifest.entries.push_back(std::move(entry));
    }
  }
  return manifest;
}

std::vector<std::pair<std::string, float>> parse_use_lite_vocabulary(std::string_view text,
                                                                     const std::string& name) {
  const json list = parse_json(text, name);
  if (!list.is_array() || list.size() < 7 || list.size() > kMostPieces)
    fail("{}: expected a list of at least 7 word pieces", name);
  std::vector<std::pair<std::string, float>> pieces;
  for (const json& item : list) {
    // One piece of the package has null for a score, which its own program takes for 0.
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() ||
        !(item[1].is_number() || item[1].is_null()))
      fail("{}: piece {}: expected [text, score]", name, pieces.size());
    const double score = item[1].is_null() ? 0 : item[1].get<double>();
    if (!(std::abs(score) < 1e6)) fail("{}: piece {}: score {}", name, pieces.size(), score);
    pieces.emplace_back(item[0].get<std::string>(), static_cast<float>(score));
  }
  return pieces;
}

UseLite read_use_lite(const fs::path& folder) {
  const Package package(folder);
  UseLite model;
  const fs::path vocabulary = folder / "vocab.json";
  model.pieces = parse_use_lite_vocabulary(read_file(vocabulary), vocabulary.string());
  constexpr int64_t kNarrow = 256, kWide = 512, kHidden = 1536;
  model.embeddings =
      package.find("Embeddings_en", static_cast<int64_t>(model.pieces.size()) + 2, kNarrow);
  model.inverse_timescales = package.find("TimingSignal/ExpandDims_1", 1, kNarrow / 2);
  model.widen = package.find("TransformerLayer/dense/kernel", kNarrow, kWide);
  model.widen_bias = package.find("TransformerLayer/dense/bias", 1, kWide);
  for (int l = 0; l < 2; ++l) {
    UseLiteLayer& layer = model.layers[l];
    const int64_t in = l == 0 ? kNarrow : kWide;
    const std::string at = "Layer_" + std::to_string(l) + "/TransformerLayer/";
    const auto named = [&](const char* what, int64_t rows, int64_t columns) {
      return package.find(at + what, rows, columns);
    };
    layer.norm_scale = named("layer_prepostprocess/layer_norm/layer_norm_scale", 1, in);
    layer.norm_bias = named("layer_prepostprocess/layer_norm/layer_norm_bias", 1, in);
    layer.qkv = named("MultiheadAttention/qkv_transform_single/kernel", in, 3 * in);
    layer.qkv_bias = named("MultiheadAttention/qkv_transform_single/bias", 1, 3 * in);
    layer.out = named("MultiheadAttention/output_transform_single/kernel", in, kWide);
    layer.out_bias = named("MultiheadAttention/output_transform_single/bias", 1, kWide);
    layer.ffn_norm_scale = named("FFN/layer_prepostprocess/layer_norm/layer_norm_scale", 1, kWide);
    layer.ffn_norm_bias = named("FFN/layer_prepostprocess/layer_norm/layer_norm_bias", 1, kWide);
    layer.up = named("FFN/conv1/Tensordot/Reshape_1", kWide, kHidden);
    layer.up_bias = named("FFN/conv1/bias", 1, kHidden);
    layer.down = named("FFN/conv2/Tensordot/Reshape_1", kHidden, kWide);
    layer.down_bias = named("FFN/conv2/bias", 1, kWide);
  }
  model.last = package.find("tanh_layer_0/weights", kWide, kWide);
  model.last_bias = package.find("tanh_layer_0/bias", 1, kWide);
  return model;
}

}  // namespace pantomime::formats
