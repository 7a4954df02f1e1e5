#include "pantomime/dataset/recipe.h"

#include <gtest/gtest.h>

#include <map>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::dataset {
namespace {

const std::string kTwo = R"(
name = "two"
[[action]]
name = "walk"
number = 3
share = 2
label = "walk"
[[action]]
name = "sit"
number = 4
label = ["sit", "rest"]
rest = "seat"
)";

std::string error_of(const std::string& text) {
  try {
    parse_recipe(text, "r.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Recipe, HasDefaultsForEverythingButActions) {
  const Recipe recipe = parse_recipe(kTwo, "r.toml");
  EXPECT_EQ(recipe.width, 640);
  EXPECT_EQ(recipe.rooms.size(), 5u);
  EXPECT_TRUE(recipe.wants_format("coco"));
  EXPECT_TRUE(recipe.wants_layer("flow"));
  ASSERT_EQ(recipe.actions.size(), 2u);
  EXPECT_EQ(recipe.actions[1].labels, (std::vector<std::string>{"sit", "rest"}));
  EXPECT_EQ(recipe.actions[1].rest, RestUse::Seat);
}

TEST(Recipe, ErrorsNameFileKeyAndWhatIsExpected) {
  EXPECT_EQ(error_of("name = \"x\""), "r.toml: has no [[action]]");
  EXPECT_NE(error_of(kTwo + "colour = 3").find("action 2: no such key \"colour\", expected"),
            std::string::npos);
  EXPECT_NE(error_of("speed = 1" + kTwo).find("no such key \"speed\""), std::string::npos);
  EXPECT_NE(error_of("clips = 0" + kTwo).find("clips must be a whole number from 1 to"),
            std::string::npos);
  EXPECT_NE(error_of("layers = [\"depht\"]" + kTwo).find("\"depht\": expected some of amodal"),
            std::string::npos);
  EXPECT_NE(error_of("name = \"x\"\n[camera]\nmoves = { fast = 1 }")
                .find("moves \"fast\", expected fixed"),
            std::string::npos);
  EXPECT_NE(error_of("name = [").find("r.toml:1"), std::string::npos);
  std::string twice = kTwo;
  twice.replace(twice.find("number = 4"), 10, "number = 3");
  EXPECT_NE(error_of(twice).find("two actions have the number 3"), std::string::npos);
  EXPECT_NE(error_of(kTwo + "when = \"end\"").find("has no `before`"), std::string::npos);
}

TEST(Recipe, ThePresetsAreGood) {
  const Recipe care = parse_recipe(read_file(recipe_path("care")), "care");
  EXPECT_EQ(care.clips, 200);
  EXPECT_THROW(recipe_path("no such recipe"), Error);
}

std::map<size_t, int64_t> counts(const std::vector<size_t>& plan) {
  std::map<size_t, int64_t> out;
  for (const size_t i : plan) ++out[i];
  return out;
}

TEST(Plan, GivesEveryActionItsShareToTheNearestClip) {
  const Recipe recipe = parse_recipe(kTwo, "r.toml");
  for (const int64_t clips : {1, 2, 3, 10, 99, 100}) {
    const auto plan = plan_actions(recipe, clips, 5);
    ASSERT_EQ(static_cast<int64_t>(plan.size()), clips);
    const auto found = counts(plan);
    const double due = static_cast<double>(clips) * 2 / 3;
    const auto walks = found.contains(0) ? found.at(0) : 0;
    EXPECT_LT(std::abs(static_cast<double>(walks) - due), 1) << clips;
  }
}

TEST(Plan, KeepsQuotasOfRareActions) {
  std::string text = kTwo;
  text.replace(text.find("share = 2"), 9, "share = 999");
  text += "least = 7\n";
  const Recipe recipe = parse_recipe(text, "r.toml");
  EXPECT_EQ(counts(plan_actions(recipe, 100, 1)).at(1), 7);
  EXPECT_THROW(plan_actions(recipe, 6, 1), Error);
}

TEST(Plan, IsTheSeeds) {
  const Recipe recipe = parse_recipe(kTwo, "r.toml");
  EXPECT_EQ(plan_actions(recipe, 60, 1), plan_actions(recipe, 60, 1));
  EXPECT_NE(plan_actions(recipe, 60, 1), plan_actions(recipe, 60, 2));
}

}  // namespace
}  // namespace pantomime::dataset
