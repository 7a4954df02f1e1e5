#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/training/text_guide.h"

namespace pantomime::training {

using nlohmann::json;

void write_text_guide(const std::filesystem::path& path, const TextGuide& guide, Storage storage) {
  formats::Safetensors file;
  json config = json::object();
  if (guide.adapter) {
    const auto& c = guide.adapter->config();
    const auto& r = guide.reader->config();
    config = {
        {"adapter", {{"words", c.words}, {"width", c.width}, {"code", c.code}, {"rank", c.rank}}},
        {"reader", {{"width", r.width}, {"queries", r.queries}, {"hidden", r.hidden}}},
        {"scale", guide.scale},
        {"contrast", guide.contrast}};
    put_parameters(file, "text.", guide.adapter->parameters(), storage);
    put_parameters(file, "reader.", guide.reader->parameters(), storage);
  }
  if (guide.cross) {
    const auto& c = guide.cross->config();
    config["cross"] = {{"words", c.words}, {"width", c.width}};
    config["scale"] = guide.scale;
    put_parameters(file, "cross.", guide.cross->parameters(), storage);
    put_parameters(file, "network.", guide.network->parameters(), storage);
  }
  if (guide.probe) {
    const auto& c = guide.probe->config();
    config["probe"] = {{"words", c.words},          {"width", c.width}, {"queries", c.queries},
                       {"hidden", c.hidden},        {"space", c.space}, {"layers", c.layers},
                       {"scale", guide.probe_scale}};
    put_parameters(file, "probe.", guide.probe->parameters(), storage);
  }
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "text guide"},
                   {"pantomime.config", config.dump()},
                   {"pantomime.facts", json(guide.facts).dump()},
                   {"pantomime.licence", guide.licence},
                   {"pantomime.prior", guide.prior_hash}};
  formats::write_safetensors(path, file);
}

TextGuide read_text_guide(const std::filesystem::path& path, const Prior& prior) {
  const std::string where = path.string();
  const formats::Safetensors file = formats::read_safetensors(path);
  check_kind(file, "text guide", where);
  TextGuide guide;
  guide.prior_hash = metadata(file, "pantomime.prior", where);
  guide.licence = metadata(file, "pantomime.licence", where);
  check_belongs(guide.prior_hash, prior, "train-text", where);
  const auto take = [&](const char* name, auto& part) {
    take_parameters(file, name, part.parameters(), where);
    part.parameters().set_trainable(false);
  };
  try {
    const json c = json::parse(metadata(file, "pantomime.config", where));
    guide.scale = c.value("scale", guide.scale);
    guide.contrast = c.value("contrast", guide.contrast);
    guide.facts =
        json::parse(metadata(file, "pantomime.facts", where)).get<std::vector<std::string>>();
    const auto facts = static_cast<int64_t>(guide.facts.size());
    if (c.contains("adapter")) {
      const json &a = c.at("adapter"), &r = c.at("reader");
      guide.adapter = std::make_shared<conditions::TextAdapter>(
          conditions::TextAdapterConfig{.facts = facts,
                                        .words = a.at("words"),
                                        .width = a.at("width"),
                                        .code = a.at("code"),
                                        .rank = a.at("rank")},
          prior.denoiser->config(), 0);
      guide.reader = std::make_shared<conditions::TextReader>(
          conditions::TextReaderConfig{.words = a.at("words"),
                                       .width = r.at("width"),
                                       .queries = r.at("queries"),
                                       .hidden = r.at("hidden"),
                                       .facts = facts},
          0);
      take("text.", *guide.adapter);
      take("reader.", *guide.reader);
    }
    if (c.contains("cross")) {
      const json& x = c.at("cross");
      guide.cross = std::make_shared<conditions::TextCross>(
          conditions::TextCrossConfig{.words = x.at("words"), .width = x.at("width")},
          prior.denoiser->config(), 0);
      guide.network = copy_of(*prior.denoiser, false);
      take("cross.", *guide.cross);
      take("network.", *guide.network);
      guide.network->freeze();
    }
    if (c.contains("probe")) {
      const json& p = c.at("probe");
      guide.probe = std::make_shared<conditions::TextProbe>(
          conditions::TextProbeConfig{.words = p.at("words"),
                                      .width = p.at("width"),
                                      .queries = p.at("queries"),
                                      .hidden = p.at("hidden"),
                                      .space = p.at("space"),
                                      .layers = p.at("layers").get<std::vector<int64_t>>()},
          prior.denoiser->config(), 0);
      guide.probe_scale = p.at("scale");
      take("probe.", *guide.probe);
    }
  } catch (const json::exception& error) {
    fail("{}: {}", where, error.what());
  }
  PANTOMIME_CHECK(guide.adapter || guide.cross || guide.probe,
                  "{}: neither an adapter nor a network nor a probe inside", where);
  return guide;
}

}  // namespace pantomime::training
