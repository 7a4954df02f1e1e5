// What all tests share.
#pragma once

#include <filesystem>
#include <string>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/motion/clip.h"

namespace pantomime::test {

/// An empty folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// How many random cases a property test runs (PANTOMIME_TEST_CASES, default 200).
int random_cases();
/// Seed of random cases (PANTOMIME_TEST_SEED, default 20261123).
uint64_t random_seed();

void expect_near(motion::Vec3 got, motion::Vec3 want, float tolerance = 1e-5f);

/// What `call` says when it fails with an E; "no error" when it doesn't fail. Other exceptions
/// pass.
template <class E = Error, class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

/// `text` with the first `from` in it replaced; throws when there is none.
std::string with(std::string text, const std::string& from, const std::string& to);

motion::Quat random_rotation(Random& random);
motion::Vec3 random_vector(Random& random, double size);
/// A smooth random canonical clip: joints swing by up to about 40 degrees, the root wanders.
motion::Clip random_clip(uint64_t seed, size_t frames);

/// A file of the tests' own data, under tests/data.
std::filesystem::path test_data(const std::string& relative);
/// The team's real data beside the checkout ("../shared"), or an empty path when it isn't there.
std::filesystem::path shared_folder();

}  // namespace pantomime::test
