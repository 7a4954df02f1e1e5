#include "support.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "pantomime-test-XXXXXX").string();
  PANTOMIME_CHECK(::mkdtemp(pattern.data()) != nullptr, "can't make a temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void expect_near(motion::Vec3 got, motion::Vec3 want, float tolerance) {
  EXPECT_NEAR(got.x, want.x, tolerance);
  EXPECT_NEAR(got.y, want.y, tolerance);
  EXPECT_NEAR(got.z, want.z, tolerance);
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  PANTOMIME_CHECK(at != std::string::npos, "the text has no {}", from);
  return text.replace(at, from.size(), to);
}

int random_cases() {
  const char* text = std::getenv("PANTOMIME_TEST_CASES");
  return text != nullptr ? std::atoi(text) : 200;
}

uint64_t random_seed() {
  const char* text = std::getenv("PANTOMIME_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20261123;
}

motion::Quat random_rotation(Random& random) {
  motion::Quat q{static_cast<float>(random.normal()), static_cast<float>(random.normal()),
                 static_cast<float>(random.normal()), static_cast<float>(random.normal())};
  return motion::canonical(motion::normalized(q));
}

motion::Vec3 random_vector(Random& random, double size) {
  return {static_cast<float>(random.uniform(-size, size)),
          static_cast<float>(random.uniform(-size, size)),
          static_cast<float>(random.uniform(-size, size))};
}

motion::Clip random_clip(uint64_t seed, size_t frames) {
  Random random(seed);
  motion::Geometry geometry = motion::default_geometry();
  for (float& value : geometry) value *= static_cast<float>(random.uniform(0.85, 1.15));
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(geometry);
  struct Swing {
    motion::Vec3 axis;
    double size, speed, phase;
  };
  std::vector<Swing> swings;
  for (int j = 0; j < motion::kJointCount; ++j)
    swings.push_back({motion::normalized(random_vector(random, 1), {1, 0, 0}),
                      random.uniform(0.1, 0.7), random.uniform(0.5, 4.0),
                      random.uniform(0, 2 * std::numbers::pi)});
  const double walk = random.uniform(0.2, 1.5), turn = random.uniform(-0.8, 0.8);
  for (size_t f = 0; f < frames; ++f) {
    const double t = static_cast<double>(f) / clip.fps;
    clip.root_positions.push_back({static_cast<float>(walk * std::sin(turn * t)),
                                   static_cast<float>(0.95 + 0.03 * std::sin(5 * t)),
                                   static_cast<float>(walk * t)});
    for (int j = 0; j < motion::kJointCount; ++j) {
      const Swing& s = swings[static_cast<size_t>(j)];
      const auto angle = static_cast<float>(s.size * std::sin(s.speed * t + s.phase));
      clip.rotations.push_back(motion::from_axis_angle(s.axis, angle));
    }
  }
  return clip;
}

fs::path test_data(const std::string& relative) {
  return fs::path(PANTOMIME_TESTS_DIR) / "data" / relative;
}

fs::path shared_folder() {
  const fs::path folder = fs::path(PANTOMIME_REPOSITORY).parent_path() / "shared";
  return fs::exists(folder) ? folder : fs::path();
}

}  // namespace pantomime::test
