#include "pantomime/library/import.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/npz.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/point_table.h"
#include "pantomime/formats/zip.h"
#include "pantomime/library/set_index.h"
#include "pantomime/library/source_files.h"
#include "pantomime/motion/retarget.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;
using motion::Clip;

/// Remembers what it was told, and stops after some steps when asked to.
class Recorder : public Progress {
 public:
  explicit Recorder(int64_t stop_after = -1) : stop_after_(stop_after) {}
  void begin(const std::string&, int64_t total) override { total_ = total; }
  void step(int64_t done, const std::string&) override {
    done_ = done;
    if (stop_after_ >= 0 && done >= stop_after_) stop();
  }
  void note(const std::string& line) override { notes_.push_back(line); }

  int64_t stop_after_, total_ = -1, done_ = -1;
  std::vector<std::string> notes_;
};

std::string amass_bytes(const Clip& clip) {
  return formats::to_amass({.clip = clip});
}

TEST(Import, PutsAmassMotionIntoTheLibrary) {
  const test::TemporaryFolder folder;
  Clip clip = test::random_clip(1, 121);
  clip.fps = 120;
  fs::create_directories(folder / "in/anna");
  write_file(folder / "in/anna/walk.npz", amass_bytes(clip));
  write_file(folder / "in/anna/shape.npz", "not motion, and left alone");
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report =
      import_motion({folder / "in"}, library, {.licence = "X", .label = "walk"}, progress);
  EXPECT_EQ(report.imported, 1);
  EXPECT_TRUE(report.failures.empty());
  EXPECT_EQ(progress.total_, 1);
  EXPECT_EQ(progress.done_, 1);
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 1u);
  EXPECT_EQ(clips[0].name, "own/anna/walk.npz");
  EXPECT_EQ(clips[0].subject, "own/anna");
  EXPECT_EQ(clips[0].mapping, "amass");
  EXPECT_EQ(clips[0].licence, "X");
  EXPECT_EQ(clips[0].frames, 31);  // 1 s and the last frame
  ASSERT_EQ(clips[0].segments.size(), 1u);
  EXPECT_EQ(clips[0].segments[0].last, 31);
  // Every fourth frame, apart from where the clip stands and which way it faces.
  const Clip loaded = library.load(clips[0].id);
  for (size_t f = 0; f < 31; ++f)
    for (size_t j = 1; j < motion::kJointCount; ++j)
      EXPECT_LT(motion::angle_between(loaded.rotation(f, j), clip.rotation(4 * f, j)), 2e-3f);
}

/// Sets of points: an array of two people with tables, and a loose file.
void write_point_set(const fs::path& folder, bool benchmark) {
  fs::create_directories(folder);
  std::vector<int16_t> values;
  Clip clip = test::random_clip(4, 60);
  for (size_t f = 0; f < clip.frame_count(); ++f)
    for (size_t j = 0; j < motion::kJointCount; ++j)  // small turns of a standing body
      clip.rotation(f, j) = motion::slerp({}, clip.rotation(f, j), 0.2f);
  const auto joints = formats::joints_of(clip);
  for (size_t i = 0; i < joints.positions.size(); ++i) {
    values.push_back(static_cast<int16_t>(std::lround(1000 * joints.positions[i])));
    if (i % 3 == 2) values.push_back(1000);
  }
  for (size_t f = 10; f < 25; ++f)
    values[4 * (f * motion::kJointCount + motion::kRightWrist) + 3] = 0;
  write_file(folder / "points.npy",
             formats::to_npy(formats::npy_of({60, 22, 4}, std::span<const int16_t>(values))));
  write_file(folder / "recordings.csv",
             "seq,subject,action,start,frames,fps\none,s1,wave,0,40,20\ntwo,s2,bow,40,20,20\n"
             "none,s2,bow,60,0,20\n");
  std::string names = "index,name\n";
  for (size_t j = 0; j < motion::kJointCount; ++j)
    names += fmt::format("{},{}\n", j, motion::kJointNames[j]);
  write_file(folder / "joints.csv", names);
  write_file(folder / "pantomime-set.toml", fmt::format(R"(name = "lab"
licence = "X"
source = "somebody"
benchmark = {}
path = "seq"
subject = "lab/{{subject}}"
label = "{{action}}"
skip = ["none"]
[[arrays]]
array = "points.npy"
recordings = "recordings.csv"
names = "joints.csv"
)",
                                                        benchmark));
}

TEST(Import, MakesClipsOfArraysOfPoints) {
  const test::TemporaryFolder folder;
  write_point_set(folder / "in", true);
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.message;
  EXPECT_EQ(report.imported, 2);
  EXPECT_EQ(report.from_points, 2);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_TRUE(report.missing.empty());
  EXPECT_EQ(progress.total_, 3);
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[0].name, "lab/one");
  EXPECT_EQ(clips[0].split, "benchmark");
  EXPECT_EQ(clips[0].subject, "lab/s1");
  EXPECT_EQ(clips[0].mapping, "humanml3d");
  EXPECT_EQ(clips[0].frames, 59);  // 39 steps of 1/20 s
  ASSERT_EQ(clips[0].segments.size(), 1u);
  EXPECT_EQ(clips[0].segments[0].label, "wave");
  // Everybody has one body.
  const auto wanted = test::random_clip(4, 1).skeleton;
  const auto got = library.load(clips[0].id).skeleton;
  for (size_t j = 1; j < motion::kJointCount; ++j)
    EXPECT_NEAR(length(got.offsets[j]), length(wanted.offsets[j]), 0.03f) << motion::kJointNames[j];
  // What was lost for three quarters of a second is told.
  ASSERT_EQ(report.bridged.size(), 1u);
  EXPECT_EQ(report.bridged[0].clip, "lab/one");
  EXPECT_EQ(report.bridged[0].gaps.joints, (std::vector<std::string>{"right_wrist 0.8 s"}));
  // Again nothing changes; another point set, or a set that trains, does.
  EXPECT_EQ(import_motion({folder / "in"}, library, {}, progress).unchanged, 2);
  write_point_set(folder / "in", false);
  EXPECT_EQ(import_motion({folder / "in"}, library, {}, progress).imported, 2);
  EXPECT_EQ(library.clips()[0].split, "train");
}

TEST(Import, TakesASetsLooseFilesOfPointsButNotItsIndex) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "in/s1");
  Clip clip = test::random_clip(4, 30);
  for (motion::Quat& q : clip.rotations) q = motion::slerp({}, q, 0.2f);
  write_file(folder / "in/s1/fall.csv", formats::to_points_csv(clip));
  write_file(folder / "in/sequences.csv", "file,who,action\ns1/fall.csv,anna,fall\n");
  write_file(folder / "in/pantomime-set.toml", R"(name = "falls"
licence = "X"
source = "somebody"
index = "sequences.csv"
subject = "falls/{who}"
label = "{action}"
points = "humanml3d"
[point_files]
ending = ".csv"
fps = 30
)");
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.message;
  EXPECT_EQ(report.files, 1);
  ASSERT_EQ(library.clips().size(), 1u);
  EXPECT_EQ(library.clips()[0].name, "falls/s1/fall.csv");
  EXPECT_EQ(library.clips()[0].subject, "falls/anna");
  EXPECT_EQ(library.clips()[0].segments.at(0).label, "fall");
}

TEST(Import, ArraysOfPointsGiveTheSameBytesOnAnyThreads) {
  const test::TemporaryFolder folder;
  write_point_set(folder / "in", true);
  for (const int threads : {1, 2}) {
    Library library(folder / fmt::format("{}.db", threads), Library::Mode::Write);
    Recorder progress;
    import_motion({folder / "in"}, library, {.threads = threads}, progress);
  }
  EXPECT_EQ(read_file(folder / "1.db"), read_file(folder / "2.db"));
}

TEST(Import, TellsWhatIsWrongWithArrays) {
  const test::TemporaryFolder folder;
  write_point_set(folder / "in", true);
  write_file(folder / "in/points.npy", "no array");
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_NE(report.failures[0].message.find("points.npy"), std::string::npos);
  EXPECT_EQ(report.imported, 0);
  fs::remove(folder / "in/recordings.csv");
  EXPECT_NE(test::error_of([&] {
              import_motion({folder / "in"}, library, {}, progress);
            }).find("recordings.csv"),
            std::string::npos);
}

TEST(Import, TakesFilesOfPointsWherePeopleKeepThem) {
  const test::TemporaryFolder folder;
  Clip clip = test::random_clip(4, 30);
  for (size_t i = 0; i < clip.rotations.size(); ++i)
    clip.rotations[i] = motion::slerp({}, clip.rotations[i], 0.2f);
  fs::create_directories(folder / "in/kinect");
  formats::NtuSkeleton people = formats::ntu_of(clip);
  write_file(folder / "in/kinect/a.skeleton", formats::to_ntu_skeleton(people));
  people.bodies.push_back(people.bodies[0]);
  people.bodies[1].id = "2";
  write_file(folder / "in/kinect/b.skeleton", formats::to_ntu_skeleton(people));
  write_file(folder / "in/joints.csv", formats::to_points_csv(clip));
  write_file(folder / "in/labels.csv", "file,label\na,walk\n");  // no motion, and left alone
  write_file(folder / "in/notes.json", R"({"author": "me"})");
  write_file(folder / "in/weights.npy",
             formats::to_npy(formats::npy_of({2}, std::span<const float>(std::vector<float>(2)))));
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.message;
  std::vector<std::string> names;
  for (const ClipInfo& info : library.clips()) names.push_back(info.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"own/joints.csv", "own/kinect/a.skeleton",
                                      "own/kinect/b.skeleton/1", "own/kinect/b.skeleton/2"}));
  EXPECT_EQ(report.from_points, 4);
}

TEST(Import, FindsTheSkeletonsOfAmcFilesInFoldersAndArchives) {
  const test::TemporaryFolder folder;
  const std::string asf = read_file(test::test_data("good/figure.asf"));
  const std::string amc = read_file(test::test_data("good/figure.amc"));
  fs::create_directories(folder / "in/loose");
  write_file(folder / "in/loose/35.asf", asf);
  write_file(folder / "in/loose/35_01.amc", amc);
  write_file(folder / "in/loose/other.asf", "broken, and not asked for");
  write_file(folder / "in/orphan.amc", amc);
  // In an archive the motion comes before its skeleton.
  write_file(folder / "in/packed.zip",
             formats::to_zip({{"a/7_01.amc", amc}, {"b/7.asf", "x"}, {"a/7.asf", asf}},
                             formats::ZipMethod::Deflated));
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_NE(report.failures[0].message.find("orphan.amc: no skeleton"), std::string::npos)
      << report.failures[0].message;
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[0].name, "own/a/7_01.amc");
  EXPECT_EQ(clips[1].name, "own/loose/35_01.amc");
  for (const ClipInfo& clip : clips) {
    EXPECT_EQ(clip.mapping, "cmu_asf");
    EXPECT_EQ(clip.frames, 30);  // 120 at 120 a second
  }
  const auto geometry = motion::geometry_of(library.load(clips[0].id).skeleton.offsets);
  EXPECT_NEAR(geometry[21], 7.2f * 0.056444f, 1e-3f);  // thigh
  // Another frame rate, or another skeleton, imports them anew.
  EXPECT_EQ(import_motion({folder / "in"}, library, {}, progress).unchanged, 2);
  const ImportOptions slow{.reader = {.rates = {.amc_fps = 60}}};
  EXPECT_EQ(import_motion({folder / "in"}, library, slow, progress).imported, 2);
  EXPECT_EQ(library.clips()[0].frames, 60);
}

TEST(Import, TakesAllClipsOfAFileThatHoldsSeveral) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "in");
  const std::string pickle = read_file(test::test_data("good/actor.pkl"));
  write_file(folder / "in/humanact12poses.pkl", pickle);
  write_file(folder / "in/other.pkl", pickle.substr(0, 100));
  // A scene of unknown joints has no mapping; one with nothing to play has no clips.
  write_file(folder / "in/figure.glb", test::with(formats::to_glb(test::random_clip(1, 20)),
                                                  "\"left_knee\"", "\"left_kn33\""));
  write_file(folder / "in/still.gltf", R"({"asset": {"version": "2.0"}})");
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  const ImportReport report =
      import_motion({folder / "in"}, library, {.label = "{folder}"}, progress);
  EXPECT_EQ(report.imported, 2);
  ASSERT_EQ(report.failures.size(), 3u);
  std::string told;
  for (const ImportFailure& failure : report.failures) told += failure.message + "\n";
  EXPECT_NE(told.find("figure.glb/motion: no mapping"), std::string::npos) << told;
  EXPECT_NE(told.find("other.pkl@"), std::string::npos) << told;
  EXPECT_NE(told.find("still.gltf: no animations"), std::string::npos) << told;
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[0].name, "own/humanact12poses.pkl/throw/00001");
  EXPECT_EQ(clips[1].name, "own/humanact12poses.pkl/walk/00000");
  EXPECT_EQ(clips[1].mapping, "actor");
  EXPECT_EQ(clips[1].frames, 4);  // 3 frames at 20 a second: 0.1 s
  ASSERT_EQ(clips[1].segments.size(), 1u);
  EXPECT_EQ(clips[1].segments[0].label, "walk");
  EXPECT_EQ(import_motion({folder / "in"}, library, {.label = "{folder}"}, progress).unchanged, 2);
}

TEST(Import, GoesOnAfterItWasStopped) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "in");
  for (int i = 0; i < 100; ++i)
    write_file(folder / ("in/" + std::to_string(i) + ".npz"),
               amass_bytes(test::random_clip(static_cast<uint64_t>(i), 10)));
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder stopped(1);
  EXPECT_THROW(import_motion({folder / "in"}, library, {}, stopped), Cancelled);
  const auto before = static_cast<int64_t>(library.clips().size());
  EXPECT_GT(before, 0);
  EXPECT_LT(before, 100);
  Recorder progress;
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  EXPECT_EQ(report.unchanged, before);
  EXPECT_EQ(report.imported, 100 - before);
  EXPECT_EQ(library.clips().size(), 100u);
}

TEST(Import, ListsBrokenFilesAndKeepsWhatWasThere) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "in");
  write_file(folder / "in/a.npz", amass_bytes(test::random_clip(1, 10)));
  Library library(folder / "l.db", Library::Mode::Write);
  Recorder progress;
  import_motion({folder / "in"}, library, {}, progress);
  write_file(folder / "in/a.npz", amass_bytes(test::random_clip(1, 10)).substr(0, 500));
  write_file(folder / "in/b.bvh", "HIERARCHY\nROOT\n");
  write_file(folder / "in/c.zip", "no archive");
  const ImportReport report = import_motion({folder / "in"}, library, {}, progress);
  ASSERT_EQ(report.failures.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const std::string file = (folder / "in").string() + "/" + std::string(1, "abc"[i]);
    EXPECT_EQ(report.failures[i].file.find(file), 0u) << report.failures[i].file;
    EXPECT_NE(report.failures[i].message.find(file), std::string::npos);
  }
  EXPECT_EQ(progress.notes_.size(), 3u);
  EXPECT_EQ(library.clips().size(), 1u);
}

TEST(Import, PutsClipsOnTheFloorFacingForward) {
  Clip clip = test::random_clip(3, 60);
  for (motion::Vec3& p : clip.root_positions) p = p + motion::Vec3{5, 2, -3};
  clip = motion::transformed(clip, motion::from_axis_angle({0, 1, 0}, 1.0f), {});
  const Clip prepared = prepare_clip(clip, 0);
  EXPECT_NEAR(prepared.root_positions[0].x, 0, 1e-5);
  EXPECT_NEAR(prepared.root_positions[0].z, 0, 1e-5);
  EXPECT_NEAR(motion::floor_height(prepared), 0, 1e-5);
  const motion::Vec3 forward = prepared.rotation(0, 0) * motion::Vec3{0, 0, 1};
  EXPECT_NEAR(forward.x, 0, 1e-5);
  EXPECT_GT(forward.z, 0);
  EXPECT_NEAR(motion::floor_height(prepare_clip(clip, 0.1)), 0.1, 1e-5);
}

/// Index of every set that lies in the team's data.
std::vector<SetIndex> shared_sets() {
  std::vector<SetIndex> result;
  const fs::path shared = test::shared_folder();
  if (shared.empty()) return result;
  const LabelMap labels =
      LabelMap::parse(read_file(resource_path("configs/labels.toml")), "labels.toml");
  for (SetDescription& set : read_set_descriptions(resource_path("configs/sets")))
    result.emplace_back(set, shared / "data" / set.name, labels);
  return result;
}

TEST(SharedSets, HaveEverySubjectInOneSplitExceptWhereOneActorMadeTheSet) {
  const auto sets = shared_sets();
  if (sets.empty()) GTEST_SKIP() << "the team's data is not beside this checkout";
  std::map<std::string, std::set<std::string>> splits;
  std::set<std::string> tested, only_measured;
  for (const SetIndex& set : sets)
    for (const std::string& path : set.paths()) {
      const ClipInfo info = set.describe(path, 0, 1000000);
      if (info.split == "benchmark")
        only_measured.insert(info.subject);
      else if (set.description().split_column.empty())
        splits[info.subject].insert(info.split);
      for (const Segment& segment : info.segments)
        if (info.split == "test") tested.insert(segment.label);
    }
  for (const auto& [subject, in] : splits) {
    EXPECT_EQ(in.size(), 1u) << subject;
    // Two systems recorded UI-PRMD's people at once; one of them is only measured on.
    EXPECT_TRUE(!only_measured.contains(subject) || subject.starts_with("ui_prmd/")) << subject;
  }
  EXPECT_GE(splits.size(), 30u);
  EXPECT_GE(only_measured.size(), 30u);
  EXPECT_GE(tested.size(), 15u);
}

TEST(SharedSets, HaveTheCommonClassesOfTheirLabelMap) {
  const auto sets = shared_sets();
  if (sets.empty()) GTEST_SKIP() << "the team's data is not beside this checkout";
  const formats::CsvTable map = formats::read_csv(test::shared_folder() / "data" / "label_map.csv");
  const LabelMap labels =
      LabelMap::parse(read_file(resource_path("configs/labels.toml")), "labels.toml");
  int compared = 0;
  for (const auto& row : map.rows) {
    const std::string& set = row[map.column("set")];
    if (!labels.has(set)) continue;  // sets for recognition
    const auto label = labels.find(set, row[map.column("label")]);
    ASSERT_TRUE(label) << set << ": " << row[map.column("label")];
    EXPECT_EQ(label->label, row[map.column("common_label")]) << set << ": " << label->detail;
    ++compared;
  }
  EXPECT_GE(compared, 140);
}

}  // namespace
}  // namespace pantomime::library
