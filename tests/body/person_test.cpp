#include "pantomime/body/person.h"

#include <gtest/gtest.h>

#include <set>

#include "pantomime/body/parts.h"
#include "pantomime/body/tints.h"
#include "tests/body/poke_through.h"
#include "tests/body/real_assets.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

using test::real_body;

std::string error_of(const std::string& text) {
  return test::error_of<Error>([&] { complete(real_body(), parse_person(text)); });
}

void expect_sound(const Character& c) {
  EXPECT_GE(c.meshes.size(), 6u) << c.description;
  for (const SkinnedMesh& m : c.meshes) {
    const size_t count = m.positions.size();
    EXPECT_EQ(m.normals.size(), count);
    EXPECT_EQ(m.uvs.size(), count);
    EXPECT_EQ(m.joints.size(), count);
    EXPECT_EQ(m.weights.size(), count);
    EXPECT_EQ(m.parts.size(), count);
    EXPECT_LT(static_cast<size_t>(m.material), c.materials.size());
    size_t bad = 0;
    for (const auto& t : m.triangles) bad += t[0] >= count || t[1] >= count || t[2] >= count;
    for (size_t v = 0; v < count; ++v) {
      const Vec3 p = m.positions[v];
      const auto& w = m.weights[v];
      bad += !(std::abs(p.x) < 1.5f && p.y > -0.1f && p.y < 2.6f && std::abs(p.z) < 1);
      bad += std::abs(w[0] + w[1] + w[2] + w[3] - 1) > 1e-4f || w[0] < w[3];
      bad += m.parts[v] == 0 || m.parts[v] >= kPartCount;
    }
    EXPECT_EQ(bad, 0u) << m.name << " of " << c.description;
  }
}

TEST(Person, WearsEveryItemThereIs) {
  std::set<std::string> worn;
  int size = 0;
  for (const Item& item : real_body().items()) {
    std::string text = item.for_women ? "sex=female" : "sex=male";
    const char* sizes[] = {",age=30", ",age=70,weight=0.95,height=0.35", ",age=6,weight=0.3"};
    text += sizes[size++ % 3];
    if (item.kind == ItemKind::Outfit || item.kind == ItemKind::Top ||
        item.kind == ItemKind::Bottom) {
      text += ",outfit=" + item.name;
    } else if (item.kind == ItemKind::Eyes || item.kind == ItemKind::Teeth ||
               item.kind == ItemKind::Tongue || item.kind == ItemKind::Underwear) {
      continue;  // everybody has them
    } else {
      text += "," + std::string(kItemKinds[static_cast<size_t>(item.kind)]) + "=" + item.name;
    }
    const Character c = make_character(real_body(), parse_person(text));
    expect_sound(c);
    bool credited = false;
    for (const Credit& credit : c.credits) credited |= credit.item == item.name;
    EXPECT_TRUE(credited) << item.name;
    worn.insert(item.name);
  }
  EXPECT_GE(worn.size(), 45u);
}

TEST(Person, DescriptionMakesTheSamePersonAgain) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const Character a = make_character(real_body(), sample_person(real_body(), seed));
    const Character b = make_character(real_body(), parse_person(a.description));
    EXPECT_EQ(a.description, b.description);
    ASSERT_EQ(a.meshes.size(), b.meshes.size());
    for (size_t m = 0; m < a.meshes.size(); ++m) {
      EXPECT_EQ(a.meshes[m].positions, b.meshes[m].positions);
      EXPECT_EQ(a.meshes[m].triangles, b.meshes[m].triangles);
      EXPECT_EQ(a.materials[m].name, b.materials[m].name);
    }
  }
}

TEST(Person, CompletionIsCompleteAndStable) {
  const PersonDescription once = complete(real_body(), parse_person("sex=female,age=70"));
  EXPECT_FALSE(once.skin.empty() || once.clothes.empty() || once.shoes.empty() ||
               once.hair.empty() || once.hair_colour.empty() || once.eyes.empty() ||
               once.eyebrows.empty());
  EXPECT_EQ(complete(real_body(), once), once);
  EXPECT_EQ(once.skin.substr(0, 4), "old_");
  EXPECT_NE(once.skin.find("female"), std::string::npos);
}

TEST(Person, NamesWhatIsNotThere) {
  const auto begins = [](const std::string& text, const std::string& start) {
    EXPECT_EQ(error_of(text).substr(0, start.size()), start);
  };
  begins("hair=mohawk", "person: no hair called \"mohawk\", expected one of afro01, ");
  begins("outfit=armour", "person: no outfit called \"armour\", expected one of ");
  begins("skin=blue", "person: no skin called \"blue\", expected one of ");
  begins("eyes=pink", "person: eyes=pink, expected one of ");
  begins("hair_colour=pink", "person: hair_colour=pink, expected one of ");
  begins("outfit=tightjeans+miniskirt", "person: 0 outfits, 0 tops and 2 bottoms at once");
}

TEST(Person, SamplesAreManySortsOfPeople) {
  int children = 0, old = 0, women = 0, men = 0;
  std::set<std::string> skins, outfits, hairs;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const PersonDescription p = sample_person(real_body(), seed);
    EXPECT_EQ(p, sample_person(real_body(), seed));
    children += p.shape.age < 13;
    old += p.shape.age >= 65;
    ++(p.shape.sex < 0.5 ? women : men);
    skins.insert(p.skin);
    hairs.insert(p.hair);
    outfits.insert(p.clothes.begin(), p.clothes.end());
    for (const std::string& name : p.clothes)
      for (const Item& i : real_body().items())
        if (i.name == name) {
          EXPECT_TRUE(p.shape.sex < 0.5 ? i.for_women : i.for_men) << name;
        }
    if (p.shape.age >= 18) {
      EXPECT_GE(p.shape.height, 0.3);
      EXPECT_LE(p.shape.height, 0.65);
    }
  }
  EXPECT_GT(children, 8);
  EXPECT_GT(old, 15);
  EXPECT_GT(women, 70);
  EXPECT_GT(men, 70);
  EXPECT_GE(skins.size(), 15u);
  EXPECT_GE(outfits.size(), 15u);
  EXPECT_GE(hairs.size(), 8u);
}

motion::Clip posed(const Character& c, const std::map<int, Vec3>& degrees) {
  motion::Clip clip;
  clip.skeleton = c.skeleton;
  clip.root_positions = {{0, 0, 0}};
  clip.rotations.assign(motion::kJointCount, motion::Quat{});
  for (const auto& [joint, d] : degrees)
    clip.rotations[static_cast<size_t>(joint)] = motion::from_rotation_vector(0.0174533f * d);
  return clip;
}

TEST(Person, SkinStaysUnderTheClothes) {
  const std::vector<std::map<int, Vec3>> poses = {
      // Standing, walking, sitting, arms up and bent forward.
      {{motion::kLeftShoulder, {0, 0, -70}}, {motion::kRightShoulder, {0, 0, 70}}},
      {{motion::kLeftHip, {-25, 0, 0}},
       {motion::kRightHip, {20, 0, 0}},
       {motion::kRightKnee, {35, 0, 0}},
       {motion::kLeftShoulder, {0, 0, -65}},
       {motion::kRightShoulder, {0, 0, 65}},
       {motion::kLeftElbow, {0, -40, 0}}},
      {{motion::kLeftHip, {-85, 0, 0}},
       {motion::kRightHip, {-85, 0, 0}},
       {motion::kLeftKnee, {85, 0, 0}},
       {motion::kRightKnee, {85, 0, 0}},
       {motion::kLeftShoulder, {0, 0, -70}},
       {motion::kRightShoulder, {0, 0, 70}}},
      {{motion::kLeftShoulder, {0, 0, 70}},
       {motion::kRightShoulder, {0, 0, -70}},
       {motion::kSpine1, {25, 0, 0}},
       {motion::kSpine2, {20, 0, 0}}}};
  for (const std::string text :
       {"sex=male,age=40,weight=0.8,outfit=male_casualsuit03,shoes=shoes03",
        "sex=male,age=25,outfit=male_elegantsuit01,shoes=shoes01",
        "sex=male,age=7,outfit=male_casualsuit06,shoes=shoes05",
        "sex=female,age=30,outfit=female_casualsuit01,shoes=shoes03",
        "sex=female,age=70,weight=0.85,outfit=female_elegantsuit01,shoes=shoes04",
        "sex=female,age=35,outfit=tightjeans+sleeveless,shoes=winterboots"}) {
    const Character c = make_character(real_body(), parse_person(text));
    for (size_t i = 0; i < poses.size(); ++i) {
      const motion::WorldPose pose = motion::forward_kinematics(posed(c, poses[i]));
      const test::PokeThrough seen = test::poke_through(c, pose, 0.012f, 4);
      EXPECT_GT(seen.cloth, 2000u) << text;
      EXPECT_LT(seen.share(), 0.004) << text << " in pose " << i;
    }
  }
}

TEST(Person, HiddenBodyIsLeftOut) {
  const Character dressed =
      make_character(real_body(), parse_person("sex=male,outfit=male_elegantsuit01,shoes=shoes01"));
  const Character bare =
      make_character(real_body(), parse_person("sex=male,outfit=none,shoes=none"));
  EXPECT_LT(dressed.meshes[0].triangles.size(), bare.meshes[0].triangles.size() * 3 / 4);
  EXPECT_EQ(bare.meshes[0].triangles.size(), real_body().surface().triangles.size() / 3);
}

TEST(Tints, DyeingSetsTheMeanColourAndKeepsAlpha) {
  Image hair(4, 4, 4);
  for (size_t i = 0; i < hair.pixels.size(); ++i)
    hair.pixels[i] = static_cast<uint8_t>(i % 4 == 3 ? 10 * i % 256 : 30 + i % 7);
  const auto grey = dyed(hair, find_hair_colour("grey"));
  double sum = 0;
  for (size_t i = 0; i < hair.pixels.size(); i += 4) {
    EXPECT_EQ(grey->pixels[i + 3], hair.pixels[i + 3]);
    sum += grey->pixels[i];
  }
  EXPECT_NEAR(sum / 16, 0.52 * 255, 6);
  EXPECT_THROW(find_hair_colour("plaid"), Error);
}

TEST(Tints, BrownEyesKeepTheirWhite) {
  Image eye(2, 1, 3);
  const uint8_t pixels[] = {110, 12, 4, 240, 235, 232};
  std::copy(std::begin(pixels), std::end(pixels), eye.pixels.begin());
  const auto brown = browned(eye);
  EXPECT_GT(brown->pixels[1], 50);
  EXPECT_LT(brown->pixels[2], brown->pixels[1]);
  EXPECT_EQ(brown->pixels[4], 235);
  EXPECT_EQ(brown->pixels[5], 232);
}

}  // namespace
}  // namespace pantomime::body
