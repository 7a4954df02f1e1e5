#include "pantomime/library/set_index.h"

#include <gtest/gtest.h>

#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

constexpr const char* kSet = R"toml(
name = "gym"
licence = "MIT"
source = "the gym"
weight = 2
index = "index.csv"
path = "clip"
subject = "gym/{who}"
label = "{what}"
style = "{mood}"
caption = "a person: {what}"

[[segments]]
file = "fine.csv"
path = "clip"
first = "from"
last = "to"
per_second = 1
where = {team = "red"}
label_map = "fine"
replaces = ["sit"]
between = [{after = "sit down", before = "get up", label = "rest"}]

[subjects]
rename = {"gym/anon" = "gym/4"}
files = {"d/special.bvh" = "gym/5"}

[split]
val = ["gym/3"]
test = ["gym/2", "gym/4"]
)toml";

constexpr const char* kIndex =
    "clip,who,what,mood,take\n"
    "a/1.bvh,1,stroll,,1\n"
    "a/2.bvh,2,sit,calm,2\n"
    "b/3.bvh,3,fly,,3\n"
    "c/4.bvh,anon,stroll,,4\n"
    "d/special.bvh,1,stroll,,13\n";

constexpr const char* kFine =
    "clip,label,from,to,team\n"
    "a/1.bvh,run,0,1,blue\n"
    "a/1.bvh,walk,0.5,2,red\n"
    "a/2.bvh,get up,5,6,red\n"
    "a/2.bvh,sit down,1,2.5,red\n"
    "a/2.bvh,turn,8,,red\n";

constexpr const char* kLabels = R"toml(
[gym]
stroll = {label = "walk", detail = "stroll"}
sit = "sit down"
[fine]
walk = "walk"
run = "run"
"sit down" = "sit down"
"get up" = "stand up"
rest = "sit"
turn = "turn"
)toml";

SetIndex make_index(const test::TemporaryFolder& folder, const std::string& set = kSet,
                    const std::string& labels = kLabels) {
  write_file(folder / "index.csv", kIndex);
  write_file(folder / "fine.csv", kFine);
  return SetIndex(parse_set_description(set, "gym.toml"), folder.path(),
                  LabelMap::parse(labels, "labels.toml"));
}

using test::error_of;

std::string text_of(const std::vector<Segment>& segments) {
  std::string text;
  for (const Segment& s : segments)
    text += fmt::format("{}-{} {} ({})\n", s.first, s.last, s.label, s.detail);
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(SetIndex, TellsWhoDoesWhatInAFile) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder);
  const ClipInfo info = index.describe("a/2.bvh", 0, 300);
  EXPECT_EQ(info.name, "gym/a/2.bvh");
  EXPECT_EQ(info.set, "gym");
  EXPECT_EQ(info.subject, "gym/2");
  EXPECT_EQ(info.split, "test");
  EXPECT_EQ(info.style, "calm");
  EXPECT_EQ(info.caption, "a person: sit");
  EXPECT_EQ(info.licence, "MIT");
  EXPECT_EQ(info.source, "the gym");
  EXPECT_EQ(info.weight, 2);
  EXPECT_EQ(info.frames, 300);
}

TEST(SetIndex, TakesLabelsFromBabel) {
  const test::TemporaryFolder folder;
  write_file(folder / "val.json", R"({
    "1": {"feat_p": "KIT/KIT/3/run_poses.npz", "dur": 4,
          "seq_ann": {"labels": [{"raw_label": "runs about", "act_cat": ["run"]},
                                 {"raw_label": "stops", "act_cat": ["stop"]}]},
          "frame_ann": {"labels": [
            {"raw_label": "sprint", "act_cat": ["run", "fast"], "start_t": 1, "end_t": 2}]}},
    "2": {"feat_p": "KIT/KIT/3/rest_poses.npz", "dur": 2,
          "seq_ann": {"labels": [{"raw_label": "has a rest", "act_cat": null}]}}})");
  const std::string set =
      "name = \"amass\"\nlicence = \"x\"\nsource = \"y\"\n"
      "subject = \"amass/{folders}\"\n"
      "[babel]\nfiles = [\"train.json\", \"val.json\"]\nsplits = true\noptional = true\n";
  const SetIndex index(parse_set_description(set, "amass.toml"), folder.path(),
                       LabelMap::parse("[babel]\nrun = \"run\"\n\"has a rest\" = \"sit\"\n", "l"));
  std::set<std::string> unlabelled;
  const ClipInfo run = index.describe("KIT/3/run_stageii.npz", 0.5, 90, &unlabelled);
  EXPECT_EQ(text_of(run.segments), "15-45 run (sprint)\n");
  EXPECT_EQ(run.caption, "runs about, stops");
  EXPECT_EQ(run.split, "val");
  EXPECT_EQ(run.subject, "amass/KIT/3");
  EXPECT_EQ(unlabelled, std::set<std::string>{"fast"});
  EXPECT_EQ(text_of(index.describe("KIT/3/rest_poses.npz", 0, 60).segments),
            "0-60 sit (has a rest)\n");
  EXPECT_TRUE(index.describe("KIT/4/run_poses.npz", 0, 60).segments.empty());
  // Labels are part of what a clip is made from.
  const std::string before = index.fingerprint();
  write_file(folder / "train.json", "{}");
  EXPECT_NE(
      SetIndex(parse_set_description(set, "amass.toml"), folder.path(), LabelMap()).fingerprint(),
      before);
}

TEST(SetIndex, TakesCaptionsAndSplitsFromHumanMl3d) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "texts");
  write_file(folder / "texts/000001.txt",
             "a person walks.#walk/VERB#0.0#0.0\nsomeone strolls#stroll/VERB#0.0#0.0\n"
             "he stops#stop/VERB#2.0#3.0\n");
  write_file(folder / "test.txt", "000001\n");
  const std::string set =
      "name = \"h\"\nlicence = \"x\"\nsource = \"y\"\n"
      "[humanml3d]\ntest = \"test.txt\"\n";
  const SetIndex index(parse_set_description(set, "h.toml"), folder.path(), LabelMap());
  const ClipInfo info = index.describe("new_joint_vecs/000001.npy", 0, 60);
  EXPECT_EQ(info.caption, "a person walks.\nsomeone strolls");
  EXPECT_EQ(info.split, "test");
  EXPECT_EQ(index.describe("new_joint_vecs/000002.npy", 0, 60).split, "train");
  EXPECT_THROW(SetIndex(parse_set_description(set + "texts = \"nowhere\"\n", "h.toml"),
                        folder.path(), LabelMap()),
               Error);
  EXPECT_THROW(parse_set_description(set + "tests = 1\n", "h.toml"), Error);
}

TEST(SetIndex, SplitsBySubjectAfterRenaming) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder);
  EXPECT_EQ(index.describe("a/1.bvh", 0, 9).split, "train");
  EXPECT_EQ(index.describe("b/3.bvh", 0, 9).split, "val");
  EXPECT_EQ(index.describe("c/4.bvh", 0, 9).subject, "gym/4");
  EXPECT_EQ(index.describe("c/4.bvh", 0, 9).split, "test");
  EXPECT_EQ(index.describe("d/special.bvh", 0, 9).subject, "gym/5");
}

TEST(SetIndex, SplitsBySomeNumberWhenTold) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(
      folder, replaced(kSet, "[split]\nval = [\"gym/3\"]\ntest = [\"gym/2\", \"gym/4\"]",
                       "[split.by]\ncolumn = \"take\"\nmodulo = 10\nval = [1]\ntest = [3, 4]"));
  EXPECT_EQ(index.describe("a/1.bvh", 0, 9).split, "val");
  EXPECT_EQ(index.describe("a/2.bvh", 0, 9).split, "train");
  EXPECT_EQ(index.describe("b/3.bvh", 0, 9).split, "test");
  EXPECT_EQ(index.describe("c/4.bvh", 0, 9).split, "test");
  EXPECT_EQ(index.describe("d/special.bvh", 0, 9).split, "test");
}

TEST(SetIndex, OnlyMeasuresOnTheArraysThatSaySo) {
  const test::TemporaryFolder folder;
  write_file(folder / "sensor.csv", "seq,who\none,1\ntwo,2\n");
  write_file(folder / "markers.csv", "seq,who\none,1\ntwo,2\n");
  const SetIndex index(parse_set_description(R"toml(
name = "lab"
licence = "X"
source = "somebody"
path = "seq"
subject = "lab/{who}"
[[arrays]]
array = "sensor.npy"
recordings = "sensor.csv"
names = "joints.csv"
prefix = "sensor"
benchmark = true
[[arrays]]
array = "markers.npy"
recordings = "markers.csv"
names = "joints.csv"
prefix = "markers"
[split]
val = ["lab/2"]
)toml",
                                             "lab.toml"),
                       folder.path(), LabelMap());
  EXPECT_EQ(index.describe("sensor/one", 0, 9).split, "benchmark");
  EXPECT_EQ(index.describe("sensor/two", 0, 9).split, "benchmark");
  EXPECT_EQ(index.describe("markers/one", 0, 9).split, "train");
  EXPECT_EQ(index.describe("markers/two", 0, 9).split, "val");
}

TEST(SetIndex, PutsSingleFilesOnOneSideWhenTold) {
  const test::TemporaryFolder folder;
  const std::string set = replaced(kSet, "[split]", "[split]\nfiles = {\"a/1.bvh\" = \"val\"}");
  EXPECT_EQ(make_index(folder, set).describe("a/1.bvh", 0, 9).split, "val");
  EXPECT_EQ(make_index(folder, set).describe("a/2.bvh", 0, 9).split, "test");
  EXPECT_EQ(error_of([&] { make_index(folder, replaced(set, "\"val\"}", "\"hold\"}")); }),
            "gym.toml: split of \"a/1.bvh\" is \"hold\", expected train, val or test");
}

TEST(SetIndex, JoinsSegmentsOfTheSameLabelAndCutsThemToTheClip) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder);
  EXPECT_EQ(text_of(index.describe("a/1.bvh", 0, 45).segments), "0-45 walk (stroll)\n");
}

TEST(SetIndex, LetsAFinerTableReplaceACoarseLabelAndFillTheTimeBetween) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder);
  EXPECT_EQ(text_of(index.describe("a/2.bvh", 0, 300).segments),
            "30-75 sit down (sit down)\n"
            "75-150 sit (rest)\n"
            "150-180 stand up (get up)\n"
            "240-300 turn (turn)\n");
  // A clip that ends before a segment does not get it.
  EXPECT_EQ(text_of(index.describe("a/2.bvh", 0, 100).segments),
            "30-75 sit down (sit down)\n"
            "75-100 sit (rest)\n");
}

TEST(SetIndex, MovesSegmentsWhenTheClipBeginsLater) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(text_of(make_index(folder).describe("a/2.bvh", 2, 100).segments),
            "0-15 sit down (sit down)\n"
            "15-90 sit (rest)\n"
            "90-100 stand up (get up)\n");
}

TEST(SetIndex, ReportsLabelsThatHaveNoCommonOne) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder);
  std::set<std::string> unlabelled;
  EXPECT_TRUE(index.describe("b/3.bvh", 0, 30, &unlabelled).segments.empty());
  EXPECT_EQ(unlabelled, (std::set<std::string>{"fly"}));
}

TEST(SetIndex, TakesTheSetsOwnLabelsWhenTheMapDoesNotKnowTheSet) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder, kSet, "[fine]\nwalk = \"walk\"\n");
  EXPECT_EQ(text_of(index.describe("b/3.bvh", 0, 30).segments), "0-30 fly (fly)\n");
}

TEST(SetIndex, FindsFilesWhereverTheyWereUnpacked) {
  const test::TemporaryFolder folder;
  const SetIndex index = make_index(folder);
  EXPECT_EQ(index.listed_path("a/1.bvh"), "a/1.bvh");
  EXPECT_EQ(index.listed_path("unpacked/gym/a/1.bvh"), "a/1.bvh");
  EXPECT_EQ(index.listed_path("unpacked/other.bvh"), "unpacked/other.bvh");
  EXPECT_FALSE(index.lists("unpacked/other.bvh"));
}

TEST(SetIndex, DescribesFilesThatItDoesNotList) {
  const test::TemporaryFolder folder;
  const ClipInfo info = make_index(folder).describe("x/new.bvh", 0, 30);
  EXPECT_EQ(info.subject, "gym/");
  EXPECT_EQ(info.split, "train");
  EXPECT_TRUE(info.segments.empty());
}

TEST(SetIndex, WorksWithoutTablesByFolderAndFileName) {
  const test::TemporaryFolder folder;
  const SetIndex index(parse_set_description("name = \"own\"\nlicence = \"x\"\nsource = \"x\"\n"
                                             "subject = \"own/{folder}\"\nlabel = \"{stem}\"\n",
                                             "own.toml"),
                       folder.path(), LabelMap());
  const ClipInfo info = index.describe("anna/walk.bvh", 0, 30);
  EXPECT_EQ(info.subject, "own/anna");
  EXPECT_EQ(text_of(info.segments), "0-30 walk (walk)\n");
}

TEST(SetIndex, SaysWhichTableOrColumnIsWrong) {
  const test::TemporaryFolder folder;
  const std::string index = (folder / "index.csv").string();
  EXPECT_EQ(error_of([&] { make_index(folder, replaced(kSet, "{who}", "{person}")); }),
            "set gym: \"gym/{person}\": " + index + " has no column \"person\"");
  EXPECT_EQ(error_of([&] { make_index(folder, replaced(kSet, "path = \"clip\"", "")); }),
            index + ":1: no column \"file\", found clip, who, what, mood, take");
  EXPECT_NE(error_of([&] {
              make_index(folder, replaced(kSet, "fine.csv", "gone.csv"));
            }).find("gone.csv"),
            std::string::npos);
  write_file(folder / "wrong.csv", "clip,label,from,to,team\na/1.bvh,walk,zero,2,red\n");
  EXPECT_EQ(
      error_of([&] { make_index(folder, replaced(kSet, "fine.csv", "wrong.csv")); }),
      (folder / "wrong.csv").string() + ":2: interval \"zero\" to \"2\", expected two numbers");
}

TEST(SetIndex, HasANewFingerprintWhenAnythingItReadsChanges) {
  const test::TemporaryFolder folder;
  const std::string before = make_index(folder).fingerprint();
  EXPECT_EQ(make_index(folder).fingerprint(), before);
  EXPECT_NE(make_index(folder, replaced(kSet, "weight = 2", "weight = 3")).fingerprint(), before);
  EXPECT_NE(make_index(folder, kSet, replaced(kLabels, "\"turn\"", "\"spin\"")).fingerprint(),
            before);
  make_index(folder);
  write_file(folder / "index.csv", std::string(kIndex) + "e/5.bvh,1,stroll,,1\n");
  EXPECT_NE(SetIndex(parse_set_description(kSet, "gym.toml"), folder.path(),
                     LabelMap::parse(kLabels, "labels.toml"))
                .fingerprint(),
            before);
}

TEST(SetDescription, RefusesUnknownKeysAndWrongTypes) {
  const auto error = [](const std::string& text) {
    return error_of([&] { parse_set_description(text, "s.toml"); });
  };
  const std::string good = "name = \"n\"\nlicence = \"l\"\nsource = \"s\"\n";
  EXPECT_EQ(error(good), "no error");
  EXPECT_EQ(error(good + "colour = 1\n"), "s.toml:4: unknown key \"colour\"");
  EXPECT_EQ(error(good + "[split]\ntests = []\n"), "s.toml:5: unknown key \"tests\"");
  EXPECT_EQ(error(good + "weight = 0\n"), "s.toml:4: \"weight\": expected a number above 0");
  EXPECT_EQ(error(good + "label = 3\n"), "s.toml:4: \"label\": expected a string");
  EXPECT_NE(error("name = \"n\"\nsource = \"s\"\n").find("no \"licence\""), std::string::npos);
  EXPECT_NE(error(good + "label = \"x\n").find("s.toml:4: "), std::string::npos);
}

TEST(SetDescription, AllOwnDescriptionsAndLabelsAreReadable) {
  const auto sets = read_set_descriptions(resource_path("configs/sets"));
  const LabelMap labels = LabelMap::parse(read_file(resource_path("configs/labels.toml")), "l");
  EXPECT_GE(sets.size(), 7u);
  EXPECT_GE(labels.labels().size(), 40u);
  for (const SetDescription& set : sets) {
    // UESTC's forty exercises keep their own names, which its benchmark asks for.
    EXPECT_EQ(labels.has(set.label_map), set.name != "uestc") << set.name;
    EXPECT_TRUE(!set.babel || labels.has(set.babel->label_map)) << set.name;
    for (const SegmentTable& table : set.segments)
      EXPECT_TRUE(table.label_map.empty() || labels.has(table.label_map)) << set.name;
  }
}

}  // namespace
}  // namespace pantomime::library
