#include "pantomime/commands/config_file.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "tests/support/support.h"

namespace pantomime::commands {
namespace {

using Words = std::vector<std::string>;

/// A command with one option of each kind.
struct Cook {
  CLI::App app{"", "cook"};
  int steps = 5;
  double heat = 0.5;
  std::string dish = "soup";
  std::vector<std::string> spices;
  bool stir = false;
  std::string config;

  Cook() {
    app.option_defaults()->always_capture_default();
    app.add_option("-s,--steps", steps);
    app.add_option("--oven-heat", heat);
    app.add_option("--dish", dish);
    app.add_option("--spices", spices);
    app.add_flag("--stir", stir);
    app.add_option("--config", config)->configurable(false);
  }
  void parse(Words words) { app.parse(Words(words.rbegin(), words.rend())); }
};

Words words_of(const std::string& toml, const Words& args = {}) {
  const Cook cook;
  return words_from_config(toml, "c.toml", cook.app, args);
}

std::string error_of(const std::string& toml) {
  return test::error_of<CLI::Error>([&] { words_of(toml); });
}

TEST(ConfigFile, BecomesWordsOfTheCommandLine) {
  EXPECT_EQ(
      words_of("steps = 20\ndish = \"stew, thick\"\nstir = true\nspices = [\"salt\", \"a b\"]\n"
               "[oven]\nheat = 0.25\n"),
      (Words{"--dish=stew, thick", "--oven-heat=0.25", "--spices=salt", "--spices=a b",
             "--steps=20", "--stir=true"}));
}

TEST(ConfigFile, NeverOverridesTheCommandLine) {
  EXPECT_EQ(words_of("steps = 20\ndish = \"stew\"\n", {"-s", "3", "--dish=pie"}), Words{});
  EXPECT_EQ(words_of("steps = 20\n", {"--", "--steps"}), (Words{"--steps=20"}));
}

TEST(ConfigFile, RefusesUnknownKeysWithFileLineAndKey) {
  EXPECT_EQ(error_of("steps = 1\n\nstepps = 2\n"),
            "c.toml:3: \"stepps\": unknown key, not an option of \"cook\"");
  EXPECT_EQ(error_of("[oven]\ncold = 1\n"),
            "c.toml:2: \"oven-cold\": unknown key, not an option of \"cook\"");
  EXPECT_EQ(error_of("config = \"other.toml\"\n"),
            "c.toml:1: \"config\": unknown key, not an option of \"cook\"");
  EXPECT_EQ(error_of("steps = 2024-01-01\n"),
            "c.toml:1: \"steps\": expected a string, a number, true, false, or a list of them");
  EXPECT_NE(error_of("steps = \n").find("c.toml:1: "), std::string::npos);
}

TEST(ConfigFile, SetsOptionsThroughTheWholeParser) {
  const test::TemporaryFolder folder;
  write_file(folder / "c.toml", "steps = 20\nspices = [\"salt\", \"-x\"]\nstir = true\n");
  Cook cook;
  cook.parse(with_config({"--config", (folder / "c.toml").string(), "--oven-heat", "1"}, cook.app));
  EXPECT_EQ(cook.steps, 20);
  EXPECT_EQ(cook.heat, 1);
  EXPECT_EQ(cook.dish, "soup");
  EXPECT_EQ(cook.spices, (Words{"salt", "-x"}));
  EXPECT_TRUE(cook.stir);
}

TEST(EffectiveSettings, AreReadBackAsTheSame) {
  Cook first;
  first.parse({"--steps", "7", "--dish", "a \"hot\" one\\", "--spices", "007", "--spices", "nan"});
  const std::string settings = effective_settings(first.app);
  EXPECT_EQ(settings,
            "dish = \"a \\\"hot\\\" one\\\\\"\n"
            "oven-heat = 0.5\n"
            "spices = [\"007\", nan]\n"
            "steps = 7\n"
            "stir = false\n");
  Cook second;
  second.parse(words_from_config(settings, "s.toml", second.app, {}));
  EXPECT_EQ(effective_settings(second.app), settings);
  EXPECT_EQ(second.dish, first.dish);
  EXPECT_EQ(second.spices, first.spices);
}

}  // namespace
}  // namespace pantomime::commands
