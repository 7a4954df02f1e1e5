#include "pantomime/dataset/builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/dataset/check.h"
#include "pantomime/dataset/page.h"
#include "pantomime/dataset/placing.h"
#include "support.h"

namespace pantomime::dataset {
namespace {

namespace fs = std::filesystem;

/// Everybody stands with the arms down and nods; who rests sits.
class Puppet : public Actor {
 public:
  int fail_at = -1;
  std::atomic<int> acts{0};

  std::vector<std::string> labels() const override { return {"nod"}; }
  std::string model_hash() const override { return "none"; }
  std::string model_licence() const override { return "CC0-1.0"; }
  ActResult act(const ActRequest& request) override {
    if (acts++ == fail_at) fail("puppet: a string broke");
    double seconds = 0;
    for (const ActPart& part : request.parts) seconds += part.seconds;
    ActResult out;
    out.clip.skeleton = request.person->skeleton;
    const auto frames = static_cast<size_t>(std::lround(30 * seconds));
    const bool sits = request.rest.has_value();
    const float height = sits ? request.rest->height + 0.1f : 0.93f;
    for (size_t f = 0; f < frames; ++f) {
      out.clip.root_positions.push_back({0, height, 0});
      const float turn = 0.3f * std::sin(0.2f * static_cast<float>(f));
      for (size_t j = 0; j < motion::kJointCount; ++j) {
        motion::Quat q;
        if (j == motion::kNeck) q = motion::from_axis_angle({1, 0, 0}, turn);
        if (j == motion::kLeftShoulder) q = motion::from_axis_angle({0, 0, 1}, -1.3f);
        if (j == motion::kRightShoulder) q = motion::from_axis_angle({0, 0, 1}, 1.3f);
        if (sits && (j == motion::kLeftHip || j == motion::kRightHip))
          q = motion::from_axis_angle({1, 0, 0}, -1.5f);
        if (sits && (j == motion::kLeftKnee || j == motion::kRightKnee))
          q = motion::from_axis_angle({1, 0, 0}, 1.5f);
        out.clip.rotations.push_back(q);
      }
    }
    return out;
  }
};

const std::string kRecipe = R"(
name = "small"
clips_per_shard = 2
[pictures]
fps = 4
width = 128
height = 96
samples = 1
[people]
others = 0.5
[occlusion]
share = 0.5
visible = [0.5, 0.8]
[[action]]
name = "nodding"
number = 1
share = 2
label = "nod"
seconds = [1, 1.5]
holds = ["cup", "bag"]
[[action]]
name = "sitting"
number = 2
label = "nod"
rest = "seat"
seconds = [1, 1.5]
)";

class Build : public testing::Test {
 protected:
  BuildResult run(const fs::path& out, int threads = 1, int64_t part = 0, int64_t parts = 1,
                  Puppet* puppet = nullptr, uint64_t seed = 3) {
    const Recipe recipe = parse_recipe(kRecipe, "small");
    Puppet own;
    Studio studio(recipe, furnishings_, nullptr, puppet != nullptr ? *puppet : own);
    Progress quiet;
    return build(studio,
                 {.out = out,
                  .clips = 5,
                  .seed = seed,
                  .part = part,
                  .parts = parts,
                  .threads = threads,
                  .recipe_text = kRecipe},
                 quiet);
  }
  std::string sums(const fs::path& out) { return read_file(out / "checksums.txt"); }
  fs::path path(const std::string& name) { return folder_.path() / name; }

  test::TemporaryFolder folder_;
  scene::Furnishings furnishings_ = scene::Furnishings::plain();
};

TEST_F(Build, IsTheSameForAnyThreadsShardsAndStops) {
  const BuildResult whole = run(path("one"));
  EXPECT_TRUE(whole.complete);
  EXPECT_EQ(whole.made, 5);
  run(path("two"), 2);
  EXPECT_EQ(sums(path("one")), sums(path("two")));

  EXPECT_FALSE(run(path("parts"), 1, 1, 3).complete);
  EXPECT_FALSE(run(path("parts"), 1, 2, 3).complete);
  EXPECT_TRUE(run(path("parts"), 1, 0, 3).complete);
  EXPECT_EQ(sums(path("one")), sums(path("parts")));

  Puppet breaks;
  breaks.fail_at = 6;
  EXPECT_THROW(run(path("broken"), 1, 0, 1, &breaks), Error);
  EXPECT_TRUE(fs::exists(path("broken") / "parts" / "small-000000.jsonl"));
  EXPECT_FALSE(fs::exists(path("broken") / "manifest.jsonl"));
  const auto before = fs::last_write_time(path("broken") / "shards" / "small-000000.tar");
  const BuildResult resumed = run(path("broken"));
  EXPECT_GT(resumed.there, 0);
  EXPECT_EQ(fs::last_write_time(path("broken") / "shards" / "small-000000.tar"), before);
  EXPECT_EQ(sums(path("one")), sums(path("broken")));
}

TEST_F(Build, RefusesAFolderOfAnotherSet) {
  run(path("set"));
  EXPECT_THROW(run(path("set"), 1, 0, 1, nullptr, 4), Error);
  fs::create_directories(path("other"));
  write_file(path("other") / "letter.txt", "dear");
  EXPECT_THROW(run(path("other")), Error);
}

TEST_F(Build, PassesItsOwnCheckAndTheCheckNoticesDamage) {
  run(path("set"), 2);
  Progress quiet;
  const CheckResult good = check(path("set"), 1, quiet);
  EXPECT_EQ(good.problems, std::vector<std::string>{});
  EXPECT_EQ(good.clips.size(), 5u);
  EXPECT_EQ(good.samples, 5);
  int64_t wanted = 0;
  for (const ClipSummary& clip : good.clips) wanted += clip.requested >= 0 ? 1 : 0;
  EXPECT_GT(wanted, 0);
  EXPECT_LT(visible_error(good.clips), 0.05);
  const auto json = nlohmann::json::parse(statistics_json(good.clips));
  EXPECT_EQ(json.at("action").at("nodding"), 3);
  EXPECT_GT(statistics_picture(good.clips, "small").width, 1000);

  write_preview(path("set"), {.sheet_clips = 3, .page_clips = 1}, quiet);
  EXPECT_TRUE(fs::exists(path("set") / "preview" / "index.html"));
  EXPECT_TRUE(fs::exists(path("set") / "preview" / "sheet.jpg"));

  // A byte of a picture in the first shard.
  const fs::path tar = path("set") / "shards" / "small-000000.tar";
  std::string bytes = read_file(tar);
  const size_t at = bytes.find("\xff\xd8\xff");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 2] = 0;
  write_file(tar, bytes);
  const CheckResult bad = check(path("set"), 1, quiet);
  EXPECT_EQ(bad.problems.size(), 2u);  // its sum, and the picture
  fs::remove(tar);
  EXPECT_FALSE(check(path("set"), 1, quiet).problems.empty());
}

TEST_F(Build, ManifestSaysWhatPicturesShow) {
  run(path("set"));
  const std::string text = read_file(path("set") / "manifest.jsonl");
  size_t from = 0;
  for (int i = 0; i < 5; ++i) {
    const size_t to = text.find('\n', from);
    const auto line = nlohmann::json::parse(text.substr(from, to - from));
    from = to + 1;
    EXPECT_EQ(line.at("key"), fmt::format("small-{:06d}", i));
    const size_t frames = line.at("frames");
    const auto& person = line.at("people").at(0);
    EXPECT_EQ(person.at("joint_states").size(), frames);
    double mean = 0;
    for (const double v : person.at("visible_fraction")) mean += v / static_cast<double>(frames);
    EXPECT_NEAR(mean, line.at("visible").at("measured").get<double>(), 1e-3);
    EXPECT_LE(line.at("phases").at("onset"), line.at("phases").at("peak"));
    EXPECT_LE(line.at("phases").at("peak"), line.at("phases").at("end"));
    if (line.at("action") == "nodding") {
      EXPECT_EQ(line.at("objects").at(0).at("role"), "held");
      EXPECT_EQ(line.at("objects").at(0).at("poses").size(), frames);
    }
  }
}

TEST(Placing, ShinsHangBeforeTheSeat) {
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.root_positions = {{0, 0.55f, 0}};
  clip.rotations.resize(motion::kJointCount);
  for (const size_t hip : {motion::kLeftHip, motion::kRightHip})
    clip.rotations[hip] = motion::from_axis_angle({1, 0, 0}, -std::numbers::pi_v<float> / 2);
  for (const size_t knee : {motion::kLeftKnee, motion::kRightKnee})
    clip.rotations[knee] = motion::from_axis_angle({1, 0, 0}, std::numbers::pi_v<float> / 2);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  float deepest = 9;
  for (const size_t j : {motion::kLeftKnee, motion::kLeftAnkle, motion::kLeftFoot,
                         motion::kRightKnee, motion::kRightAnkle, motion::kRightFoot})
    if (pose.positions[j].y < 0.42f) deepest = std::min(deepest, pose.positions[j].z);
  // A shallow chair: the legs are out already. A deep sofa: by what is missing, and then out.
  EXPECT_EQ(legs_out_of_seat(clip, 0.45f, deepest - 0.1f, 2), 0);
  const float forward = legs_out_of_seat(clip, 0.45f, 0.5f, 2);
  EXPECT_NEAR(forward, 0.57f - deepest, 0.03f);
  EXPECT_EQ(legs_out_of_seat(FloorPlace{0, 0, forward}.apply(clip), 0.45f, 0.5f, 2), 0);
  EXPECT_EQ(legs_out_of_seat(clip, 0.45f, 0.5f, 0.1f), 0) << "beside a narrow one";
  // Stretched out on it: nothing hangs.
  for (const size_t knee : {motion::kLeftKnee, motion::kRightKnee}) clip.rotations[knee] = {};
  EXPECT_EQ(legs_out_of_seat(clip, 0.45f, 0.9f, 2), 0);
}

TEST(Placing, KeepsEverybodyOutOfThingsAndWalls) {
  const scene::Furnishings furnishings = scene::Furnishings::plain();
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  for (int f = 0; f < 30; ++f) {
    clip.root_positions.push_back({0, 0.95f, 0.04f * static_cast<float>(f)});
    for (size_t j = 0; j < motion::kJointCount; ++j) {
      motion::Quat q;
      if (j == motion::kLeftShoulder) q = motion::from_axis_angle({0, 0, 1}, -1.4f);
      if (j == motion::kRightShoulder) q = motion::from_axis_angle({0, 0, 1}, 1.4f);
      clip.rotations.push_back(q);
    }
  }
  const std::vector<Vec3> points = body_points(clip);
  int placed = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const scene::Home home =
        scene::make_home(furnishings, {.kind = scene::RoomKind::LivingRoom}, seed);
    const FreeSpace space(home);
    Random random(seed);
    const auto place = find_place(home, space, points, 0.1f, random);
    if (!place) continue;
    ++placed;
    const motion::Clip moved = place->apply(clip);
    const motion::WorldPose pose = motion::forward_kinematics(moved);
    for (size_t i = 0; i < pose.positions.size(); i += 3) {
      const Vec3 p = pose.positions[i];
      EXPECT_LT(std::abs(p.x), home.width / 2);
      for (const scene::Placed& thing : home.things) {
        const scene::Footprint box = thing.footprint();
        const bool inside = p.x > box.low_x && p.x < box.high_x && p.z > box.low_z &&
                            p.z < box.high_z && p.y > thing.position.y && p.y < box.height;
        EXPECT_FALSE(inside) << thing.model->role;
      }
    }
  }
  EXPECT_GT(placed, 5);
}

}  // namespace
}  // namespace pantomime::dataset
