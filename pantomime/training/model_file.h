// Priors and what belongs to them, as safetensors files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/diffusion/denoiser.h"
#include "pantomime/features/features.h"
#include "pantomime/formats/safetensors.h"

namespace pantomime::training {

/// A trained, frozen, unconditional prior.
struct Prior {
  std::shared_ptr<diffusion::Denoiser> denoiser;  ///< parameters are not trainable
  features::Normaliser normaliser;
  std::vector<std::string> labels;  ///< labels that occurred in its training data (for information)
  std::string licence;              ///< of the weights
  int64_t steps_trained = 0;
  std::string recipe;  ///< JSON: the effective settings of the run
  std::string hash;    ///< SHA-256 of the file it was read from; empty before
};

/// How numbers are stored. Half keeps 11 bits, a relative error below 0.05 % per weight.
enum class Storage { Float, Half };

/// Format version written into "pantomime.format". Priors are read in this one only: in others the
/// numbers of the network mean something else.
inline constexpr int kModelFormat = 3;

/// Writes a prior; the same prior gives the same bytes. Weights default to the denoiser's own;
/// `weights` [P] (e.g. a running average) replaces them.
void write_prior(const std::filesystem::path& path, const Prior& prior, Storage storage,
                 const at::Tensor& weights = {});

/// Throws ParseError or Error: not a Pantomime prior, made by a newer version ("format 4, this
/// reads 1 to 1"), other feature layout, a tensor missing or of another shape.
Prior read_prior(const std::filesystem::path& path);

/// Tensors of a parameter set, named prefix + name, and back.
void put_parameters(formats::Safetensors& file, const std::string& prefix,
                    const diffusion::Parameters& parameters, Storage storage);
void take_parameters(const formats::Safetensors& file, const std::string& prefix,
                     diffusion::Parameters& parameters, const std::string& where);
formats::NamedArray to_array(const at::Tensor& tensor, Storage storage);
at::Tensor to_tensor(const formats::NamedArray& array, const std::string& where);

/// Value of a metadata key; throws Error naming file and key when it is not there.
const std::string& metadata(const formats::Safetensors& file, const std::string& key,
                            const std::string& where);

/// Throws Error when the file holds a model of another kind.
void check_kind(const formats::Safetensors& file, const std::string& wanted,
                const std::string& where);

/// SHA-256 of a prior's weights and normaliser (not of its file, so a copy stored otherwise matches
/// only when the numbers are equal).
std::string weights_hash(const Prior& prior);

/// Throws Error, which names the command that trains one, when a guide was trained for a prior of
/// another hash.
void check_belongs(const std::string& hash, const Prior& prior, const char* command,
                   const std::string& where);

}  // namespace pantomime::training
