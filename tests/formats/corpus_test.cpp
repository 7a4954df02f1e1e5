// The fuzzers' seeds double as samples: what is called good is read, what is called bad is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/actor.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/asf.h"
#include "pantomime/formats/babel.h"
#include "pantomime/formats/c3d.h"
#include "pantomime/formats/gltf.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/humanml3d_text.h"
#include "pantomime/formats/npz.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/png.h"
#include "pantomime/formats/point_file.h"
#include "pantomime/formats/points_json.h"
#include "pantomime/formats/safetensors.h"
#include "pantomime/formats/user_character.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

void check_corpus(const std::string& name,
                  const std::function<void(const std::string&, const std::string&)>& parse) {
  const std::filesystem::path folder =
      std::filesystem::path(PANTOMIME_REPOSITORY) / "fuzz/corpus" / name;
  int good = 0, bad = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    const bool is_bad = file.starts_with("bad_");
    if (!is_bad && !file.starts_with("good_")) continue;  // what the fuzzers themselves found
    ++(is_bad ? bad : good);
    std::string message;
    try {
      parse(read_file(entry.path()), file);
    } catch (const ParseError& error) {
      message = error.what();
    }
    EXPECT_EQ(!message.empty(), is_bad) << file << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    if (is_bad) {
      EXPECT_TRUE(message.starts_with(file)) << message;
    }
  }
  EXPECT_GT(good, 2);
  EXPECT_GT(bad, 5);
}

TEST(Corpus, Safetensors) {
  check_corpus("fuzz_safetensors", parse_safetensors);
}

TEST(Corpus, NumpyAndAmass) {
  check_corpus("fuzz_npz", [](const std::string& bytes, const std::string& name) {
    if (name.ends_with(".npy"))
      parse_npy(bytes, name);
    else
      parse_amass(bytes, name);
  });
}

TEST(Corpus, Pictures) {
  check_corpus("fuzz_png", parse_image);
}

TEST(Corpus, SkeletonsWithTheirMotions) {
  check_corpus("fuzz_asf", [](const std::string& text, const std::string& name) {
    const size_t at = text.find("=====\n");
    parse_amc(text.substr(at + 6), name, parse_asf(text.substr(0, at), name));
  });
}

TEST(Corpus, Babel) {
  check_corpus("fuzz_babel", parse_babel);
}

TEST(Corpus, Captions) {
  check_corpus("fuzz_captions", parse_humanml3d_captions);
}

TEST(Corpus, HumanMl3d) {
  check_corpus("fuzz_humanml3d", parse_humanml3d);
}

TEST(Corpus, NtuSkeletons) {
  check_corpus("fuzz_ntu", parse_ntu_skeleton);
}

TEST(Corpus, Markers) {
  check_corpus("fuzz_c3d", parse_c3d);
}

TEST(Corpus, Landmarks) {
  check_corpus("fuzz_points", [](const std::string& text, const std::string& name) {
    parse_mediapipe(text, name);
  });
}

TEST(Corpus, Pickles) {
  check_corpus("fuzz_pickle",
               [](const std::string& bytes, const std::string& name) { parse_actor(bytes, name); });
}

TEST(Corpus, Gltf) {
  check_corpus("fuzz_gltf",
               [](const std::string& bytes, const std::string& name) { parse_gltf(bytes, name); });
}

TEST(Corpus, Characters) {
  check_corpus("fuzz_character", [](const std::string& bytes, const std::string& name) {
    UserCharacter character(bytes, name);
    try {
      character.use(character.match().mapping);
    } catch (const Error& error) {
      throw ParseError(error.what());
    }
  });
}

TEST(Corpus, FilesOfPoints) {
  check_corpus("fuzz_point_file", [](const std::string& bytes, const std::string& name) {
    parse_point_file(bytes, name, name.ends_with(".json") ? PointKind::Video : PointKind::Csv);
  });
}

}  // namespace
}  // namespace pantomime::formats
