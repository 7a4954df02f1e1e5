#include "pantomime/commands/model_options.h"

#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/text.h"

namespace pantomime::commands {

namespace fs = std::filesystem;
using training::GuidanceKind;

void add_model_options(CLI::App& app, ModelOptions& options) {
  app.add_option("--prior", options.prior, "A shipped prior (open, research) or a file");
  app.add_option("--guidance", options.guidance, "adapter, probe, particles, classifier or free");
  app.add_option("--guide", options.guide, "The guide's file (default: beside the prior)")
      ->type_name("FILE");
  app.add_option("--scale", options.scale,
                 "Strength of guidance; negative: the guide's own, or the default of its kind");
  app.add_option("--guide-until", options.until,
                 "Push towards the label down to this diffusion time; negative: the default");
  app.add_option("--particles", options.particles,
                 "Noise paths per clip, for --guidance particles");
}

fs::path prior_path(const std::string& prior) {
  if (prior.ends_with(".safetensors")) return prior;
  return resource_path(fs::path("models") / prior / "prior.safetensors");
}

training::Prior open_prior(const ModelOptions& options) {
  const fs::path path = prior_path(options.prior);
  if (!fs::exists(path))
    fail("prior \"{}\": {} is not there; expected open, research or a .safetensors file",
         options.prior, path.string());
  return training::read_prior(path);
}

namespace {

/// Particles weigh with the probe.
GuidanceKind kind_of_file(GuidanceKind kind) {
  return kind == GuidanceKind::Particles ? GuidanceKind::Probe : kind;
}

}  // namespace

fs::path guide_path(const ModelOptions& options) {
  if (!options.guide.empty()) return options.guide;
  const GuidanceKind kind = kind_of_file(training::parse_guidance(options.guidance));
  return prior_path(options.prior).parent_path() / fmt::format("{}.safetensors", name_of(kind));
}

training::Guide open_guide(const ModelOptions& options, const training::Prior& prior) {
  const GuidanceKind kind = training::parse_guidance(options.guidance);
  const GuidanceKind file_kind = kind_of_file(kind);
  const fs::path path = guide_path(options);
  if (!fs::exists(path))
    fail("no guide {}: train one with `pantomime train-guide --guidance {} --prior {}`",
         path.string(), name_of(kind), options.prior);
  training::Guide guide = training::read_guide(path, prior);
  if (guide.kind != file_kind)
    fail("{}: this is a guide for --guidance {}, expected {}", path.string(), name_of(guide.kind),
         name_of(file_kind));
  if (kind != file_kind) guide.scale = -1;  // a strength of another kind
  guide.kind = kind;
  return guide;
}

fs::path text_guide_path(const std::string& prior, training::TextKind kind) {
  const bool main = kind == training::TextKind::Adapter;
  return prior_path(prior).parent_path() /
         (main ? "text.safetensors" : fmt::format("text-{}.safetensors", name_of(kind)));
}

namespace {

/// Which files a guide for sentences is in, and of what kind each is.
std::vector<std::pair<fs::path, std::string>> text_guide_files(const ModelOptions& options,
                                                               const fs::path& file,
                                                               const std::string& guidance) {
  if (!file.empty()) return {{file, "adapter"}};
  std::vector<std::pair<fs::path, std::string>> files;
  for (const std::string_view part : split_list(guidance, '+')) {
    const std::string kind(part);
    files.emplace_back(text_guide_path(options.prior, training::parse_text_kind(kind)), kind);
  }
  return files;
}

}  // namespace

std::string text_guide_hash(const ModelOptions& options, const fs::path& file,
                            const std::string& guidance) {
  std::string all;
  for (const auto& [path, kind] : text_guide_files(options, file, guidance))
    all += sha256_hex(read_file(path));
  return all;
}

training::TextGuide open_text_guide(const ModelOptions& options, const fs::path& file,
                                    const training::Prior& prior, const std::string& guidance) {
  const auto read = [&](const fs::path& path, const std::string& kind) {
    if (!fs::exists(path))
      fail("no guide {}: train one with `pantomime train-text --guidance {} --prior {}`",
           path.string(), kind, options.prior);
    return training::read_text_guide(path, prior);
  };
  std::optional<training::TextGuide> guide;
  for (const auto& [path, kind] : text_guide_files(options, file, guidance)) {
    const training::TextGuide one = read(path, kind);
    guide = guide ? training::joined(std::move(*guide), one) : one;
  }
  if (!file.empty()) return *guide;
  if (!guide) fail("guidance by text \"\": expected adapter, free, probe or adapter+probe");
  const fs::path reads = text_guide_path(options.prior, training::TextKind::Adapter);
  if (!guide->reader && fs::exists(reads)) {
    const training::TextGuide hears = training::read_text_guide(reads, prior);
    guide->reader = hears.reader;
    guide->facts = hears.facts;
  }
  return *guide;
}

training::GuidanceStrength strength_of(const ModelOptions& options) {
  return {.scale = options.scale, .until = options.until, .particles = options.particles};
}

}  // namespace pantomime::commands
