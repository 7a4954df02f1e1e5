// A person: shape, skin, hair, eyes and clothes, and how to write one down.
//
//   sex=female,age=70,weight=0.7,height=1.62m,outfit=female_casualsuit01,shoes=shoes01,
//   hair=bob02,hair_colour=grey,eyes=brown,skin=old_caucasian_female
//
// What is left out is chosen to suit the rest, always the same way; "none" leaves a thing off.
// `complete` spells every choice out, so a complete description makes the same person again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pantomime/body/body_assets.h"
#include "pantomime/body/shape.h"

namespace pantomime::body {

struct PersonDescription {
  BodyShape shape;
  std::string skin;                  ///< name of a skin; empty: chosen
  std::vector<std::string> clothes;  ///< "outfit=": one outfit, or a top and a bottom: "a+b"
  std::string shoes, hair, hair_colour, beard, eyes, eyebrows, eyelashes, glasses, hat;

  bool operator==(const PersonDescription& other) const;
};

/// Colours that `hair_colour` takes.
struct HairColour {
  std::string_view name;
  std::array<float, 3> srgb;  ///< 0 … 1, mean colour of the hair
};
std::span<const HairColour> hair_colours();

/// Throws Error for an unknown key or a bad value. Names of items are checked by `complete`.
PersonDescription parse_person(std::string_view text);
std::string to_text(const PersonDescription& person);

/// Fills every choice that is open and checks those that are made. Throws Error naming an item that
/// the assets don't have, or clothes that don't go together.
PersonDescription complete(const BodyAssets& assets, const PersonDescription& person);

/// A plausible person drawn from a seed: children to old people, both sexes, all ethnicities, in
/// clothes, shoes, hair and skin that suit. Complete.
PersonDescription sample_person(const BodyAssets& assets, uint64_t seed);

/// The person in the bind pose, ready to move. `person` need not be complete; the character's
/// description is.
Character make_character(const BodyAssets& assets, const PersonDescription& person);

}  // namespace pantomime::body
