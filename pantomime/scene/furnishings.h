// All models that a home can be furnished with, by their role.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "pantomime/scene/model.h"
#include "pantomime/scene/sky.h"

namespace pantomime::scene {

/// Opened once, shared by all homes; safe to read from several threads.
class Furnishings {
 public:
  /// Loads every model that `roles` (configs/furniture.toml) names from its catalogue, and makes
  /// what no catalogue has (low tables, doors), and the skies. Models with more than
  /// `most_triangles` are left out. Throws Error naming the file for a catalogue or sky that is not
  /// installed or a model that it does not have.
  static Furnishings open(const std::filesystem::path& roles, size_t most_triangles = 60'000);
  /// Only what our own code makes: plain boxes in every role, no skies. For tests and machines
  /// without the catalogue.
  static Furnishings plain();

  /// All models of a role; throws Error for a role that there is not.
  const std::vector<std::shared_ptr<const Model>>& role(const std::string& name) const;
  const std::map<std::string, std::vector<std::shared_ptr<const Model>>>& roles() const {
    return roles_;
  }
  const Skies& skies() const { return skies_; }

 private:
  std::map<std::string, std::vector<std::shared_ptr<const Model>>> roles_;
  Skies skies_;
};

}  // namespace pantomime::scene
