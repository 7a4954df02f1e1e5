#include "pantomime/library/captions.h"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/library/import.h"
#include "pantomime/library/set_description.h"
#include "tests/motion/puppet.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;
using motion::Clip;

const CaptionWords& words() {
  static const CaptionWords table = default_caption_words();
  return table;
}

ClipInfo labelled(const Clip& clip, const std::string& label, const std::string& detail = {},
                  const std::string& style = {}) {
  ClipInfo info;
  info.name = "set/clip";
  info.split = "train";
  info.style = style;
  info.caption = "words that came with the motion";
  info.frames = static_cast<int64_t>(clip.frame_count());
  if (!label.empty()) info.segments = {{0, info.frames, label, detail.empty() ? label : detail}};
  return info;
}

std::vector<std::string> told(const Clip& clip, const ClipInfo& info, int paraphrases = 4,
                              uint64_t seed = 0) {
  return captions(info, motion::describe(clip), words(),
                  {.paraphrases = paraphrases, .seed = seed});
}

bool all_have(const std::vector<std::string>& sentences, const std::string& pattern) {
  const std::regex regex(pattern);
  return std::all_of(sentences.begin(), sentences.end(),
                     [&](const std::string& s) { return std::regex_search(s, regex); });
}

Clip raised(size_t side) {
  return test::puppet(2.6, [=](double t) {
    test::Pose pose;
    test::stand(pose);
    const auto up =
        static_cast<float>(test::smooth((t - 0.3) / 0.6) - test::smooth((t - 1.7) / 0.6));
    const float sign = side == 0 ? 1 : -1;
    pose.upper_arm[side] = pose.forearm[side] =
        motion::lerp({0.12f * sign, -1, 0.1f}, {0.25f * sign, 1, 0.3f}, up);
    return pose;
  });
}

Clip turning(double degrees) {
  return test::puppet(2.5, [=](double t) {
    test::Pose pose;
    pose.facing = degrees / 180 * std::numbers::pi * test::smooth((t - 0.5) / 1.4);
    test::stand(pose);
    return pose;
  });
}

/// Left for right and right for left in words.
std::string swapped(std::string text) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  };
  replace("left", "\x01");
  replace("right", "left");
  replace("\x01", "right");
  return text;
}

ClipInfo mirrored(ClipInfo info) {
  for (Segment& segment : info.segments) segment.detail = swapped(segment.detail);
  return info;
}

void expect_sentence(const std::string& text) {
  static const std::regex form(R"([A-Z][a-z'"-]*( [a-z0-9'"-]+,?)+\.)");
  EXPECT_TRUE(std::regex_match(text, form)) << text;
}

TEST(CaptionWords, ConjugateVerbs) {
  const std::map<std::string, std::pair<std::string, std::string>> verbs = {
      {"walk", {"walks", "walking"}},
      {"raise", {"raises", "raising"}},
      {"run", {"runs", "running"}},
      {"do", {"does", "doing"}},
      {"carry", {"carries", "carrying"}},
      {"sway", {"sways", "swaying"}},
      {"lie", {"lies", "lying"}},
      {"toss", {"tosses", "tossing"}},
      {"box", {"boxes", "boxing"}},
      {"touch", {"touches", "touching"}},
      {"lift up", {"lifts up", "lifting up"}}};
  for (const auto& [verb, forms] : verbs) {
    EXPECT_EQ(words().conjugated(verb, Tense::kPresent), forms.first);
    EXPECT_EQ(words().conjugated(verb, Tense::kProgressive), forms.second);
  }
}

TEST(CaptionWords, NumbersGoOnAfterTheTable) {
  EXPECT_EQ(words().times(1), "");
  EXPECT_EQ(words().times(2), " twice");
  EXPECT_EQ(words().times(23), " 23 times");
  EXPECT_EQ(words().number(3), "three");
  EXPECT_EQ(words().number(40), "40");
}

TEST(CaptionWords, RefuseWhatWouldShowInASentence) {
  const std::string good = read_file(resource_path("configs/captions.toml"));
  const auto error = [&](const std::string& more) {
    try {
      CaptionWords::parse(good + more, "w.toml");
    } catch (const ParseError& problem) {
      return std::string(problem.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(error(""), "no error");
  EXPECT_NE(error("\n[labels2]\n").find("\"labels2\": unknown key"), std::string::npos);
  const auto label = [&](const std::string& list) { return error("\n[gaits2]\nx = " + list); };
  EXPECT_NE(label("1").find("w.toml:"), std::string::npos);
  const auto parse = [](const std::string& text) {
    try {
      CaptionWords::parse(text, "w.toml");
    } catch (const ParseError& problem) {
      return std::string(problem.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(parse("[phrases]\na = []\n").find("w.toml:2: \"a\": expected a list of texts"), 0u);
  EXPECT_EQ(parse("[phrases]\na = [\"{colour}\"]\n"),
            "w.toml:2: \"{colour}\": unknown slot \"colour\"");
  EXPECT_EQ(parse("[phrases]\na = [\"[walk\"]\n"), "w.toml:2: \"[walk\": expected [verb]");
  EXPECT_EQ(parse("[phrases]\na = [\"walk]\"]\n"),
            "w.toml:2: \"walk]\": a closing ] without an opening one");
  EXPECT_EQ(parse("people = [\"a\"]\n"), "w.toml:1: no \"joints\"");
  EXPECT_EQ(parse("people = \"a\"\n"), "w.toml:1: \"people\": expected a list of texts, not empty");
  EXPECT_EQ(parse("people = [1]\n"), "w.toml:1: \"people\": expected a list of texts");
  EXPECT_EQ(parse("x = = 1\n").find("w.toml:1: "), 0u);
}

TEST(CaptionWords, KnowEveryCommonLabelAndStyle) {
  const LabelMap map =
      LabelMap::parse(read_file(resource_path("configs/labels.toml")), "labels.toml");
  for (const std::string& label : map.labels())
    EXPECT_NE(words().label(label, ""), nullptr) << label;
  EXPECT_EQ(words().style("sparkling").manner, Wordings{" in a sparkling style"});
  EXPECT_EQ(words().style("ancient").manner, Wordings{" in an ancient style"});
  EXPECT_TRUE(words().style("").manner.empty());
  EXPECT_TRUE(words().style("normal").manner.empty());
}

TEST(Captions, AreWellFormedAndDifferForEveryLabel) {
  const LabelMap map =
      LabelMap::parse(read_file(resource_path("configs/labels.toml")), "labels.toml");
  auto labels = map.labels();
  labels.emplace_back("");
  labels.emplace_back("juggle");  // somebody's own
  const std::vector<Clip> clips = {raised(0), turning(90), test::walker(6, 0.6, 0.5),
                                   test::random_clip(3, 90)};
  const std::vector<std::string> styles = {"", "exhausted", "feminine", "odd"};
  for (const std::string& label : labels)
    for (size_t c = 0; c < clips.size(); ++c) {
      const auto sentences = told(clips[c], labelled(clips[c], label, "", styles[c]));
      ASSERT_EQ(sentences.size(), 4u) << label;
      EXPECT_EQ(std::set<std::string>(sentences.begin(), sentences.end()).size(), 4u);
      for (const std::string& sentence : sentences) expect_sentence(sentence);
    }
}

TEST(Captions, AreTheSameForTheSameSeedAndGoOnWithMore) {
  const Clip clip = turning(90);
  const ClipInfo info = labelled(clip, "turn");
  const auto four = told(clip, info, 4), ten = told(clip, info, 10);
  EXPECT_EQ(four, told(clip, info, 4));
  EXPECT_TRUE(std::equal(four.begin(), four.end(), ten.begin()));
  EXPECT_NE(four, told(clip, info, 4, 1));
  ClipInfo other = info;
  other.name = "set/other";
  EXPECT_NE(four, told(clip, other, 4));
  EXPECT_THROW(told(clip, info, 0), Error);
}

TEST(Captions, TellSidesAsTheyAreMeasured) {
  const Clip left = raised(0), right = raised(1);
  EXPECT_TRUE(all_have(told(left, labelled(left, "raise arm")), "left (arm|hand)"));
  // The label is wrong about the side, the motion is not.
  EXPECT_TRUE(all_have(told(left, labelled(left, "raise arm", "raise right arm")), "left"));
  EXPECT_TRUE(all_have(told(right, labelled(right, "wave", "wave")), "right (arm|hand)"));
  EXPECT_TRUE(all_have(told(turning(-90), labelled(left, "turn")), "right"));
  EXPECT_TRUE(all_have(told(turning(180), labelled(left, "turn")), "around|face the other way"));
  // Nothing measured, nothing labelled: no side at all.
  const Clip still = turning(0);
  EXPECT_FALSE(
      std::regex_search(told(still, labelled(still, "gesture"))[0], std::regex("left|right|both")));
}

TEST(Captions, TellPaceWayAndSteps) {
  const auto walk = [](const Clip& clip) { return told(clip, labelled(clip, "walk")); };
  EXPECT_TRUE(all_have(walk(test::walker(10, 0.8, 0.5)), "quickly|brisk|fast"));
  EXPECT_TRUE(all_have(walk(test::walker(8, 0.35, 0.75)), "slow|leisurely"));
  EXPECT_TRUE(all_have(walk(test::walker(8, 0.6, 0.6, std::numbers::pi)), "backward"));
  EXPECT_TRUE(all_have(walk(test::walker(4, 0.6, 0.6)), "four steps forward"));
  EXPECT_TRUE(all_have(walk(test::walker(8, 0.5, 0.6, 1.57)), "left"));
}

TEST(Captions, SayNothingOfForeignCaptionsAndMayQuoteOwnLabels) {
  const Clip clip = turning(0);
  for (const std::string& sentence : told(clip, labelled(clip, "juggle"))) {
    EXPECT_NE(sentence.find("\"juggle\""), std::string::npos);
    EXPECT_EQ(sentence.find("came with"), std::string::npos);
  }
}

TEST(Captions, JoinLabelsInTheOrderOfTime) {
  const Clip clip = test::puppet(9, [](double) {
    test::Pose pose;
    test::stand(pose);
    return pose;
  });
  ClipInfo info = labelled(clip, "");
  info.segments = {
      {180, 270, "drink", "drink"}, {0, 80, "sit down", "sit down"}, {80, 180, "sit", "sit"}};
  for (const std::string& sentence : told(clip, info)) {
    EXPECT_TRUE(std::regex_search(sentence, std::regex("(sit|tak)[a-z]* .* drink"))) << sentence;
    // Who sat down sits: only a long while is worth a word.
    EXPECT_FALSE(std::regex_search(sentence, std::regex("seated|sits,|sits and"))) << sentence;
  }
  info.segments = {{0, 270, "laugh", "laugh"}, {20, 200, "clap", "clap"}};
  for (const std::string& sentence : told(clip, info))
    EXPECT_NE(sentence.find(" while clapping"), std::string::npos) << sentence;
}

TEST(Captions, OfMirroredMotionHaveTheOtherSides) {
  for (const Clip& clip : {raised(0), turning(-90), test::walker(6, 0.5, 0.6, 1.57)})
    for (const char* label : {"raise arm", "wave", "walk", "turn", "gesture", ""}) {
      const ClipInfo info = labelled(clip, label, std::string(label) + " left");
      const auto here = told(clip, info), there = told(motion::mirror(clip), mirrored(info));
      ASSERT_EQ(here.size(), there.size());
      for (size_t i = 0; i < here.size(); ++i) EXPECT_EQ(swapped(here[i]), there[i]) << label;
    }
}

TEST(Captions, LibraryKeepsForeignSentencesUnlessTold) {
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  const Clip clip = turning(90);
  const int64_t id = library.put(labelled(clip, "turn"), clip, "hash");
  const auto caption = [&] { return library.clips().front().caption; };
  const std::string foreign = "words that came with the motion";
  library.write_captions(id, {"A.", "B."}, Library::Foreign::Keep);
  EXPECT_EQ(caption(), foreign + "\nA.\nB.");
  library.write_captions(id, {"C."}, Library::Foreign::Keep);
  EXPECT_EQ(caption(), foreign + "\nC.");
  library.write_captions(id, {"D."}, Library::Foreign::Replace);
  EXPECT_EQ(caption(), "D.");
  EXPECT_EQ(library.source_hash("set/clip"), "hash");
  EXPECT_EQ(library.load(id).root_positions, clip.root_positions);
  EXPECT_THROW(library.write_captions(id + 1, {"A."}, Library::Foreign::Keep), Error);
  EXPECT_THROW(library.write_captions(id, {"A\nB."}, Library::Foreign::Keep), Error);
  // Imported anew, the motion brings its own words again.
  library.put(labelled(clip, "turn"), clip, "other");
  EXPECT_EQ(caption(), foreign);
  library.write_captions(id, {"E."}, Library::Foreign::Keep);
  EXPECT_EQ(caption(), foreign + "\nE.");
  EXPECT_TRUE(library.remove("set/clip"));
}

TEST(Captions, SamplesDoNotDependOnTheOthers) {
  std::vector<ClipInfo> clips(40);
  for (size_t i = 0; i < clips.size(); ++i) clips[i].name = "clip" + std::to_string(i);
  const auto all = sampled(clips, 100, 7);
  EXPECT_EQ(all.size(), 40u);
  const auto ten = sampled(clips, 10, 7);
  ASSERT_EQ(ten.size(), 10u);
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(ten[i].name, all[i].name);
  EXPECT_NE(sampled(clips, 10, 8)[0].name + sampled(clips, 10, 8)[1].name,
            ten[0].name + ten[1].name);
}

/// What HDM05's file names promise: one repetition, and of which side.
struct Promise {
  const char* file;
  motion::Act act;
  size_t count;
  motion::Side side;
};

TEST(Captions, CountsAndSidesOfRealRecordingsAreThoseOfTheirNames) {
  const fs::path shared = test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "the team's data is not beside this checkout";
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  Progress progress;
  import_motion({shared / "data" / "hdm05"}, library, {}, progress);
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 233u);
  using motion::Act;
  using motion::Side;
  const std::vector<Promise> promises = {{"squat1Reps", Act::kSquat, 1, Side::kNone},
                                         {"hopBothLegs1hops", Act::kJump, 1, Side::kBoth},
                                         {"kickLFront1Reps", Act::kKick, 1, Side::kLeft},
                                         {"depositFloorR", Act::kReachDown, 1, Side::kRight},
                                         {"grabHighR", Act::kRaiseArm, 1, Side::kRight}};
  std::map<std::string, std::pair<int, int>> kept;
  for (const ClipInfo& info : clips) {
    const Clip clip = library.load(info.id);
    const motion::Description description = motion::describe(clip);
    for (const Promise& promise : promises) {
      if (info.name.find(promise.file) == std::string::npos) continue;
      size_t count = 0;
      bool side = true;
      for (const motion::Movement& movement : description.movements) {
        if (movement.act != promise.act) continue;
        ++count;
        side = side && movement.side == promise.side;
      }
      ++kept[promise.file].second;
      kept[promise.file].first += count == promise.count && side;
    }
    // Mirrored, every sentence has the other sides, and nothing else changes.
    const auto here = captions(info, description, words());
    const auto there = captions(mirrored(info), motion::describe(motion::mirror(clip)), words());
    ASSERT_EQ(here.size(), 4u) << info.name;
    ASSERT_EQ(there.size(), 4u) << info.name;
    for (size_t i = 0; i < here.size(); ++i) {
      expect_sentence(here[i]);
      EXPECT_EQ(swapped(here[i]), there[i]) << info.name;
    }
  }
  for (const auto& [file, count] : kept)
    std::printf("[          ] %s: %d of %d\n", file.c_str(), count.first, count.second);
  EXPECT_EQ(kept["squat1Reps"], (std::pair{40, 40}));
  EXPECT_GE(kept["hopBothLegs1hops"].first, 32);
  EXPECT_GE(kept["kickLFront1Reps"].first, 22);
  EXPECT_GE(kept["depositFloorR"].first, 23);
  EXPECT_GE(kept["grabHighR"].first, 20);
}

}  // namespace
}  // namespace pantomime::library
