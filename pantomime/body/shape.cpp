#include "pantomime/body/shape.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/base/text.h"

namespace pantomime::body {

namespace {

/// Shortest text that reads back to the same double.
std::string number_text(double v) {
  return fmt::format("{}", v);
}

/// One axis as anchors with weights; anchors without weight are left out.
struct Anchor {
  std::string name;
  double weight;
};
using Anchors = std::vector<Anchor>;

Anchors present(Anchors all) {
  std::erase_if(all, [](const Anchor& a) { return a.weight <= 1e-9; });
  return all;
}

Anchors min_average_max(double v, const std::string& axis) {
  const double low = std::max(0., 1 - 2 * v), high = std::max(0., 2 * v - 1);
  return present({{"min" + axis, low}, {"average" + axis, 1 - low - high}, {"max" + axis, high}});
}

Anchors age_anchors(double years) {
  const double t = age_axis(years);
  constexpr double child = 0.1875, young = 0.5;
  if (t < child) return present({{"baby", 1 - t / child}, {"child", t / child}});
  if (t < young) {
    const double u = (t - child) / (young - child);
    return present({{"child", 1 - u}, {"young", u}});
  }
  const double u = (t - young) / (1 - young);
  return present({{"young", 1 - u}, {"old", u}});
}

}  // namespace

double parse_number(std::string_view key, std::string_view value, double low, double high) {
  double out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  PANTOMIME_CHECK(
      error == std::errc() && end == value.data() + value.size() && out >= low && out <= high,
      "person: {}={}, expected a number from {} to {}", key, value, low, high);
  return out;
}

std::vector<std::pair<std::string, std::string>> split_settings(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string_view part : split_list(text, ',')) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    PANTOMIME_CHECK(equals != std::string_view::npos && equals > 0 && equals + 1 < part.size(),
                    "person: \"{}\", expected key=value", part);
    const std::string key(trimmed(part.substr(0, equals)));
    for (const auto& [other, unused] : out)
      PANTOMIME_CHECK(other != key, "person: {} is given twice", key);
    out.emplace_back(key, trimmed(part.substr(equals + 1)));
  }
  return out;
}

bool set_axis(BodyShape& shape, std::string_view key, std::string_view value) {
  if (key == "sex") {
    shape.sex = value == "female" ? 0 : value == "male" ? 1 : parse_number(key, value, 0, 1);
  } else if (key == "age") {
    shape.age = parse_number(key, value, 1, 90);
  } else if (key == "height") {
    if (value.ends_with('m')) {
      shape.stature = parse_number(key, value.substr(0, value.size() - 1), 0.5, 2.5);
      shape.height = 0.5;
    } else {
      shape.height = parse_number(key, value, 0, 1);
      shape.stature = 0;
    }
  } else if (key == "african") {
    shape.ethnicity[0] = parse_number(key, value, 0, 1);
  } else if (key == "asian") {
    shape.ethnicity[1] = parse_number(key, value, 0, 1);
  } else if (key == "caucasian") {
    shape.ethnicity[2] = parse_number(key, value, 0, 1);
  } else if (key == "muscle") {
    shape.muscle = parse_number(key, value, 0, 1);
  } else if (key == "weight") {
    shape.weight = parse_number(key, value, 0, 1);
  } else if (key == "proportions") {
    shape.proportions = parse_number(key, value, 0, 1);
  } else if (key == "cup") {
    shape.cup = parse_number(key, value, 0, 1);
  } else if (key == "firmness") {
    shape.firmness = parse_number(key, value, 0, 1);
  } else if (const auto* length = std::find(kLengthKeys.begin(), kLengthKeys.end(), key);
             length != kLengthKeys.end()) {
    shape.lengths[static_cast<size_t>(length - kLengthKeys.begin())] =
        parse_number(key, value, -1, 1);
  } else if (key == "face") {
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), shape.face);
    PANTOMIME_CHECK(error == std::errc() && end == value.data() + value.size(),
                    "person: face={}, expected a whole number (a seed)", value);
  } else {
    return false;
  }
  return true;
}

BodyShape parse_shape(std::string_view text) {
  BodyShape shape;
  const auto settings = split_settings(text);
  auto is_ethnicity = [](const std::string& key) {
    return key == "african" || key == "asian" || key == "caucasian";
  };
  const bool ethnic = std::any_of(settings.begin(), settings.end(),
                                  [&](const auto& s) { return is_ethnicity(s.first); });
  if (ethnic) shape.ethnicity = {0, 0, 0};
  for (const auto& [key, value] : settings) {
    std::string known;
    for (const std::string_view k : kShapeKeys)
      known += (known.empty() ? "" : ", ") + std::string(k);
    PANTOMIME_CHECK(set_axis(shape, key, value), "person: unknown key \"{}\", expected one of {}",
                    key, known);
  }
  const double sum = shape.ethnicity[0] + shape.ethnicity[1] + shape.ethnicity[2];
  PANTOMIME_CHECK(sum > 0,
                  "person: african, asian and caucasian are all 0, expected a sum above 0");
  // A sum of 1 but for rounding stays as written, so that text and shape keep each other's bits.
  if (sum < 1 - 1e-9 || sum > 1 + 1e-9)
    for (double& e : shape.ethnicity) e /= sum;
  return shape;
}

std::string to_text(const BodyShape& s) {
  const BodyShape plain;
  const std::string sex = s.sex == 0 ? "female" : s.sex == 1 ? "male" : number_text(s.sex);
  std::string out = "sex=" + sex + ",age=" + number_text(s.age);
  auto put = [&](std::string_view key, double v, double usual) {
    if (v != usual) out += fmt::format(",{}={}", key, number_text(v));
  };
  put("muscle", s.muscle, plain.muscle);
  put("weight", s.weight, plain.weight);
  if (s.stature != 0) {
    out += ",height=" + number_text(s.stature) + "m";
  } else {
    put("height", s.height, plain.height);
  }
  put("proportions", s.proportions, plain.proportions);
  if (s.ethnicity != plain.ethnicity) {
    put("african", s.ethnicity[0], 0);
    put("asian", s.ethnicity[1], 0);
    put("caucasian", s.ethnicity[2], 0);
  }
  put("cup", s.cup, plain.cup);
  put("firmness", s.firmness, plain.firmness);
  for (size_t i = 0; i < kLengthKeys.size(); ++i) put(kLengthKeys[i], s.lengths[i], 0);
  if (s.face != 0) out += fmt::format(",face={}", s.face);
  return out;
}

double age_axis(double years) {
  const double y = std::clamp(years, 1., 90.);
  if (y < 10) return (y - 1) / 9 * 0.1875;
  if (y < 25) return 0.1875 + (y - 10) / 15 * (0.5 - 0.1875);
  return 0.5 + (y - 25) / 65 * 0.5;
}

std::vector<TargetWeight> shape_targets(const BodyShape& s) {
  const Anchors sexes = present({{"female", 1 - s.sex}, {"male", s.sex}});
  const Anchors ages = age_anchors(s.age);
  const Anchors muscles = min_average_max(s.muscle, "muscle");
  const Anchors weights = min_average_max(s.weight, "weight");
  const Anchors heights = present({{"minheight", std::max(0., 1 - 2 * s.height)},
                                   {"maxheight", std::max(0., 2 * s.height - 1)}});
  const Anchors proportions = present({{"uncommonproportions", std::max(0., 1 - 2 * s.proportions)},
                                       {"idealproportions", std::max(0., 2 * s.proportions - 1)}});
  const Anchors cups = min_average_max(s.cup, "cup");
  const Anchors firmnesses = min_average_max(s.firmness, "firmness");
  const Anchors ethnicities = present(
      {{"african", s.ethnicity[0]}, {"asian", s.ethnicity[1]}, {"caucasian", s.ethnicity[2]}});
  std::vector<TargetWeight> out;
  for (const Anchor& sex : sexes) {
    for (const Anchor& age : ages) {
      const double w2 = sex.weight * age.weight;
      for (const Anchor& e : ethnicities)
        out.push_back(
            {fmt::format("macrodetails/{}-{}-{}", e.name, sex.name, age.name), w2 * e.weight});
      for (const Anchor& muscle : muscles) {
        for (const Anchor& weight : weights) {
          const double w4 = w2 * muscle.weight * weight.weight;
          const std::string build =
              fmt::format("{}-{}-{}-{}", sex.name, age.name, muscle.name, weight.name);
          out.push_back({"macrodetails/universal-" + build, w4});
          for (const Anchor& h : heights)
            out.push_back({fmt::format("macrodetails/height/{}-{}", build, h.name), w4 * h.weight});
          for (const Anchor& p : proportions)
            out.push_back(
                {fmt::format("macrodetails/proportions/{}-{}", build, p.name), w4 * p.weight});
          if (sex.name != "female") continue;
          for (const Anchor& c : cups)
            for (const Anchor& f : firmnesses)
              out.push_back({fmt::format("breast/{}-{}-{}", build, c.name, f.name),
                             w4 * c.weight * f.weight});
        }
      }
    }
  }
  for (size_t i = 0; i < s.lengths.size(); ++i)
    if (s.lengths[i] != 0)
      out.push_back(
          {std::string(length_targets(i)[s.lengths[i] > 0 ? 1 : 0]), std::abs(s.lengths[i])});
  return out;
}

std::array<std::string_view, 2> length_targets(size_t axis) {
  // The spelling is the data's.
  static constexpr std::array<std::array<std::string_view, 2>, kLengthKeys.size()> names = {{
      {"measure/measure-upperarmlenght-decrease", "measure/measure-upperarmlenght-increase"},
      {"measure/measure-lowerarmlenght-decrease", "measure/measure-lowerarmlenght-increase"},
      {"measure/measure-upperlegheight-decrease", "measure/measure-upperlegheight-increase"},
      {"measure/measure-lowerlegheight-decrease", "measure/measure-lowerlegheight-increase"},
      {"measure/measure-shoulder-decrease", "measure/measure-shoulder-increase"},
      {"measure/measure-napetowaist-decrease", "measure/measure-napetowaist-increase"},
      {"measure/measure-neckheight-decrease", "measure/measure-neckheight-increase"},
      {"measure/measure-waisttohip-decrease", "measure/measure-waisttohip-increase"},
  }};
  return names.at(axis);
}

}  // namespace pantomime::body
