#include "pantomime/body/shape.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/body/person.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

std::string error_of(const std::string& text) {
  return test::error_of<Error>([&] { parse_person(text); });
}

TEST(Shape, ReadsKeys) {
  const BodyShape s =
      parse_shape("sex=female, age=70 ,weight=0.7,height=1.62m,asian=3e-1,african=0.3");
  EXPECT_EQ(s.sex, 0);
  EXPECT_EQ(s.age, 70);
  EXPECT_EQ(s.weight, 0.7);
  EXPECT_EQ(s.stature, 1.62);
  EXPECT_DOUBLE_EQ(s.ethnicity[0], 0.5);
  EXPECT_DOUBLE_EQ(s.ethnicity[1], 0.5);
  EXPECT_EQ(s.ethnicity[2], 0);
  EXPECT_EQ(parse_shape("sex=0.25,height=0.4").sex, 0.25);
  EXPECT_EQ(parse_shape("").age, 30);
}

TEST(Shape, NamesWhatIsWrong) {
  EXPECT_EQ(error_of("age=200"), "person: age=200, expected a number from 1 to 90");
  EXPECT_EQ(error_of("sex=woman"), "person: sex=woman, expected a number from 0 to 1");
  EXPECT_EQ(error_of("weight=0.5x"), "person: weight=0.5x, expected a number from 0 to 1");
  EXPECT_EQ(error_of("height=9m"), "person: height=9, expected a number from 0.5 to 2.5");
  EXPECT_EQ(error_of("age=30,age=31"), "person: age is given twice");
  EXPECT_EQ(error_of("old"), "person: \"old\", expected key=value");
  EXPECT_EQ(error_of("age=nan"), "person: age=nan, expected a number from 1 to 90");
  EXPECT_EQ(error_of("african=0"),
            "person: african, asian and caucasian are all 0, expected a sum above 0");
  EXPECT_EQ(error_of("face=-1"), "person: face=-1, expected a whole number (a seed)");
  EXPECT_EQ(error_of("beauty=1").substr(0, 46), "person: unknown key \"beauty\", expected one of ");
  EXPECT_EQ(error_of("outfit=a++b"), "person: empty name in an outfit");
}

TEST(Shape, TextKeepsEveryBit) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    BodyShape s;
    s.sex = random.uniform();
    s.age = random.uniform(1, 90);
    s.muscle = random.uniform();
    s.weight = random.uniform();
    if (random.below(2) == 0) {
      s.height = random.uniform();
    } else {
      s.stature = random.uniform(1, 2);
    }
    s.ethnicity = {random.uniform(), random.uniform(), random.uniform()};
    const double sum = s.ethnicity[0] + s.ethnicity[1] + s.ethnicity[2];
    for (double& e : s.ethnicity) e /= sum;
    for (double& l : s.lengths) l = random.uniform(-1, 1);
    s.face = random.bits();
    const std::string text = to_text(s);
    EXPECT_EQ(to_text(parse_shape(text)), text);
  }
}

TEST(Shape, PersonTextRoundTrips) {
  const std::string text =
      "sex=male,age=44,weight=0.6,skin=a,outfit=b+c,shoes=d,hair=e,hair_colour=grey,eyes=blue,hat="
      "none";
  EXPECT_EQ(to_text(parse_person(text)), text);
}

TEST(Shape, AgeAxisPassesThroughItsAnchors) {
  EXPECT_DOUBLE_EQ(age_axis(1), 0);
  EXPECT_DOUBLE_EQ(age_axis(10), 0.1875);
  EXPECT_DOUBLE_EQ(age_axis(25), 0.5);
  EXPECT_DOUBLE_EQ(age_axis(90), 1);
  EXPECT_DOUBLE_EQ(age_axis(57.5), 0.75);
}

TEST(Shape, WeightsOfBuildsSumToOne) {
  Random random(test::random_seed() + 1);
  for (int i = 0; i < test::random_cases(); ++i) {
    BodyShape s;
    s.sex = random.uniform();
    s.age = random.uniform(1, 90);
    s.muscle = random.uniform();
    s.weight = random.uniform();
    s.height = random.uniform();
    double build = 0, origin = 0, height = 0;
    for (const TargetWeight& t : shape_targets(s)) {
      EXPECT_GT(t.weight, 0);
      if (t.target.starts_with("macrodetails/universal-")) build += t.weight;
      if (t.target.starts_with("macrodetails/height/")) height += t.weight;
      if (t.target.starts_with("macrodetails/a") || t.target.starts_with("macrodetails/c"))
        origin += t.weight;
    }
    EXPECT_NEAR(build, 1, 1e-6);
    EXPECT_NEAR(origin, 1, 1e-6);
    EXPECT_NEAR(height, std::abs(2 * s.height - 1), 1e-6);
  }
}

TEST(Shape, NamesTheTargetsOfAKnownShape) {
  BodyShape s;
  s.sex = 1;
  s.age = 25;
  s.height = 1;
  s.ethnicity = {0, 0, 1};
  s.lengths[2] = -0.25;
  std::map<std::string, double> all;
  for (const TargetWeight& t : shape_targets(s)) all[t.target] = t.weight;
  const std::map<std::string, double> expected = {
      {"macrodetails/caucasian-male-young", 1},
      {"macrodetails/universal-male-young-averagemuscle-averageweight", 1},
      {"macrodetails/height/male-young-averagemuscle-averageweight-maxheight", 1},
      {"measure/measure-upperlegheight-decrease", 0.25}};
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace pantomime::body
