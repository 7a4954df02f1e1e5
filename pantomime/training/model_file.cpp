#include "pantomime/training/model_file.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::training {
namespace {

using diffusion::Denoiser;
using diffusion::DenoiserConfig;
using nlohmann::json;

json config_to_json(const DenoiserConfig& c) {
  return {{"features", c.features},
          {"width", c.width},
          {"layers", c.layers},
          {"heads", c.heads},
          {"expansion", c.expansion},
          {"target", diffusion::name_of(c.target)},
          {"skip", c.skip}};
}

DenoiserConfig config_from_json(const std::string& text, const std::string& where) {
  try {
    const json j = json::parse(text);
    DenoiserConfig c;
    c.features = j.at("features");
    c.width = j.at("width");
    c.layers = j.at("layers");
    c.heads = j.at("heads");
    c.expansion = j.at("expansion");
    c.target = diffusion::parse_target(j.at("target"));
    c.skip = j.at("skip");
    auto sane = [](int64_t v, int64_t most) { return v >= 1 && v <= most; };
    PANTOMIME_CHECK(sane(c.features, 4096) && sane(c.width, 8192) && sane(c.layers, 256) &&
                        sane(c.heads, 256) && sane(c.expansion, 16),
                    "sizes are out of range");
    return c;
  } catch (const json::exception& error) {
    fail("{}: pantomime.config: {}", where, error.what());
  } catch (const Error& error) {
    fail("{}: pantomime.config: {}", where, error.what());
  }
}

}  // namespace

formats::NamedArray to_array(const at::Tensor& tensor, Storage storage) {
  formats::NamedArray array;
  array.shape.assign(tensor.sizes().begin(), tensor.sizes().end());
  const bool half = storage == Storage::Half;
  array.dtype = half ? formats::DType::F16 : formats::DType::F32;
  const at::Tensor t = tensor.detach().to(at::kCPU, half ? at::kHalf : at::kFloat).contiguous();
  array.bytes.assign(static_cast<const char*>(t.data_ptr()),
                     static_cast<size_t>(t.numel()) * t.element_size());
  return array;
}

at::Tensor to_tensor(const formats::NamedArray& array, const std::string& where) {
  at::ScalarType type = at::kFloat;
  switch (array.dtype) {
    case formats::DType::F32:
      break;
    case formats::DType::F16:
      type = at::kHalf;
      break;
    case formats::DType::BF16:
      type = at::kBFloat16;
      break;
    case formats::DType::F64:
      type = at::kDouble;
      break;
    default:
      fail("{}: expected a floating-point array", where);
  }
  at::Tensor t = at::empty(array.shape, type);
  PANTOMIME_CHECK(static_cast<size_t>(t.numel()) * t.element_size() == array.bytes.size(),
                  "{}: {} bytes do not fit the shape", where, array.bytes.size());
  std::memcpy(t.data_ptr(), array.bytes.data(), array.bytes.size());
  return t.to(at::kFloat);
}

const std::string& metadata(const formats::Safetensors& file, const std::string& key,
                            const std::string& where) {
  const auto it = file.metadata.find(key);
  PANTOMIME_CHECK(it != file.metadata.end(), "{}: no \"{}\" in its metadata", where, key);
  return it->second;
}

void check_kind(const formats::Safetensors& file, const std::string& wanted,
                const std::string& where) {
  const std::string& kind = metadata(file, "pantomime.kind", where);
  PANTOMIME_CHECK(kind == wanted, "{}: this is a model of kind \"{}\", expected \"{}\"", where,
                  kind, wanted);
}

std::string weights_hash(const Prior& prior) {
  const at::Tensor block = prior.denoiser->parameters().block().to(at::kCPU).contiguous();
  const at::Tensor norm =
      at::cat({prior.normaliser.mean, prior.normaliser.scale, prior.normaliser.spread})
          .contiguous();
  std::string bytes(static_cast<const char*>(block.data_ptr()),
                    static_cast<size_t>(block.numel()) * 4);
  bytes.append(static_cast<const char*>(norm.data_ptr()), static_cast<size_t>(norm.numel()) * 4);
  const at::Tensor variance = prior.normaliser.spectrum.variance().to(at::kCPU).contiguous();
  bytes.append(static_cast<const char*>(variance.data_ptr()),
               static_cast<size_t>(variance.numel()) * 4);
  return sha256_hex(bytes);
}

void check_belongs(const std::string& hash, const Prior& prior, const char* command,
                   const std::string& where) {
  PANTOMIME_CHECK(hash == weights_hash(prior),
                  "{}: was trained for another prior; train one for this prior with `pantomime {}`",
                  where, command);
}

void put_parameters(formats::Safetensors& file, const std::string& prefix,
                    const diffusion::Parameters& parameters, Storage storage) {
  for (const std::string& name : parameters.names())
    file.arrays[prefix + name] = to_array(parameters[name], storage);
}

void take_parameters(const formats::Safetensors& file, const std::string& prefix,
                     diffusion::Parameters& parameters, const std::string& where) {
  const at::NoGradGuard no_grad;
  for (const std::string& name : parameters.names()) {
    const auto it = file.arrays.find(prefix + name);
    PANTOMIME_CHECK(it != file.arrays.end(), "{}: no tensor \"{}\"", where, prefix + name);
    PANTOMIME_CHECK(it->second.shape == parameters.shape(name),
                    "{}: tensor \"{}\" has {} dimensions or sizes other than expected", where,
                    prefix + name, it->second.shape.size());
    at::Tensor target = parameters[name];
    target.copy_(to_tensor(it->second, where + ": " + name));
  }
}

void write_prior(const std::filesystem::path& path, const Prior& prior, Storage storage,
                 const at::Tensor& weights) {
  formats::Safetensors file;
  if (weights.defined()) {
    diffusion::Parameters averaged = prior.denoiser->parameters().clone();
    at::Tensor block = averaged.block();
    const at::NoGradGuard no_grad;
    block.copy_(weights);
    put_parameters(file, "denoiser.", averaged, storage);
  } else {
    put_parameters(file, "denoiser.", prior.denoiser->parameters(), storage);
  }
  file.arrays["features.mean"] = to_array(prior.normaliser.mean, Storage::Float);
  file.arrays["features.scale"] = to_array(prior.normaliser.scale, Storage::Float);
  file.arrays["features.spread"] = to_array(prior.normaliser.spread, Storage::Float);
  file.arrays["features.spectrum"] = to_array(prior.normaliser.spectrum.variance(), Storage::Float);
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "prior"},
                   {"pantomime.config", config_to_json(prior.denoiser->config()).dump()},
                   {"pantomime.features", features::kFeatureLayout},
                   {"pantomime.fps", "30"},
                   {"pantomime.skeleton", "smpl22"},
                   {"pantomime.labels", json(prior.labels).dump()},
                   {"pantomime.licence", prior.licence},
                   {"pantomime.steps_trained", std::to_string(prior.steps_trained)},
                   {"pantomime.recipe", prior.recipe}};
  formats::write_safetensors(path, file);
}

Prior read_prior(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::string where = path.string();
  const formats::Safetensors file = formats::parse_safetensors(bytes, where);
  const std::string& format = metadata(file, "pantomime.format", where);
  int version = 0;
  std::from_chars(format.data(), format.data() + format.size(), version);
  PANTOMIME_CHECK(version == kModelFormat,
                  "{}: made by another pantomime (format {}, this reads {})", where, format,
                  kModelFormat);
  check_kind(file, "prior", where);
  const std::string& layout = metadata(file, "pantomime.features", where);
  PANTOMIME_CHECK(layout == features::kFeatureLayout, "{}: features \"{}\", expected \"{}\"", where,
                  layout, features::kFeatureLayout);
  auto tensor = [&](const char* name, const std::vector<int64_t>& shape) {
    const auto it = file.arrays.find(name);
    PANTOMIME_CHECK(it != file.arrays.end(), "{}: no tensor \"{}\"", where, name);
    PANTOMIME_CHECK(it->second.shape == shape, "{}: {}: expected [{}]", where, name,
                    fmt::join(shape, ", "));
    return to_tensor(it->second, where);
  };
  constexpr int64_t kWidth = features::kFeatureSize;
  Prior prior;
  prior.normaliser = {
      tensor("features.mean", {kWidth}), tensor("features.scale", {kWidth}),
      tensor("features.spread", {kWidth}),
      features::Spectrum(tensor("features.spectrum", {features::Spectrum::kBins, kWidth}))};
  const DenoiserConfig config = config_from_json(metadata(file, "pantomime.config", where), where);
  PANTOMIME_CHECK(config.features == features::kFeatureSize, "{}: {} features, expected {}", where,
                  config.features, features::kFeatureSize);
  prior.denoiser = std::make_shared<Denoiser>(config, prior.normaliser.spectrum, 0);
  take_parameters(file, "denoiser.", prior.denoiser->parameters(), where);
  prior.denoiser->freeze();
  try {
    prior.labels =
        json::parse(metadata(file, "pantomime.labels", where)).get<std::vector<std::string>>();
  } catch (const json::exception& error) {
    fail("{}: pantomime.labels: {}", where, error.what());
  }
  prior.licence = metadata(file, "pantomime.licence", where);
  const std::string& steps = metadata(file, "pantomime.steps_trained", where);
  std::from_chars(steps.data(), steps.data() + steps.size(), prior.steps_trained);
  prior.recipe = metadata(file, "pantomime.recipe", where);
  prior.hash = sha256_hex(bytes);
  return prior;
}

}  // namespace pantomime::training
