#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/base/text.h"
#include "pantomime/body/person.h"

namespace pantomime::body {

namespace {

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view name : split_list(text, '+')) {
    PANTOMIME_CHECK(!name.empty(), "person: empty name in an outfit");
    out.emplace_back(name);
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : "+") + n;
  return out;
}

/// The plain text settings, in the order they are written.
struct TextKey {
  std::string_view name;
  std::string PersonDescription::*member;
};
constexpr std::array<TextKey, 9> kTextKeys = {{
    {"shoes", &PersonDescription::shoes},
    {"hair", &PersonDescription::hair},
    {"hair_colour", &PersonDescription::hair_colour},
    {"beard", &PersonDescription::beard},
    {"eyes", &PersonDescription::eyes},
    {"eyebrows", &PersonDescription::eyebrows},
    {"eyelashes", &PersonDescription::eyelashes},
    {"glasses", &PersonDescription::glasses},
    {"hat", &PersonDescription::hat},
}};

}  // namespace

bool PersonDescription::operator==(const PersonDescription& other) const {
  return to_text(*this) == to_text(other);
}

PersonDescription parse_person(std::string_view text) {
  PersonDescription person;
  std::string shape;
  for (const auto& setting : split_settings(text)) {
    // Names of their own: clang 14 doesn't let lambdas capture structured bindings.
    const auto& key = setting.first;
    const auto& value = setting.second;
    const auto known = std::find_if(kTextKeys.begin(), kTextKeys.end(),
                                    [&](const TextKey& k) { return k.name == key; });
    if (known != kTextKeys.end()) {
      person.*(known->member) = value;
    } else if (key == "skin") {
      person.skin = value;
    } else if (key == "outfit") {
      person.clothes = split_names(value);
    } else {
      BodyShape probe;
      if (!set_axis(probe, key, value)) {
        std::string keys;
        for (const std::string_view k : kShapeKeys) keys += std::string(k) + ", ";
        keys += "skin, outfit";
        for (const TextKey& k : kTextKeys) keys += ", " + std::string(k.name);
        fail("person: unknown key \"{}\", expected one of {}", key, keys);
      }
      shape += (shape.empty() ? "" : ",") + key + "=" + value;
    }
  }
  person.shape = parse_shape(shape);
  return person;
}

std::string to_text(const PersonDescription& person) {
  std::string out = to_text(person.shape);
  if (!person.skin.empty()) out += ",skin=" + person.skin;
  if (!person.clothes.empty()) out += ",outfit=" + joined(person.clothes);
  for (const TextKey& key : kTextKeys)
    if (!(person.*key.member).empty())
      out += "," + std::string(key.name) + "=" + person.*key.member;
  return out;
}

}  // namespace pantomime::body
