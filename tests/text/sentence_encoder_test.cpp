#include "pantomime/text/sentence_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::text {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path& folder() {
  static const fs::path path = fs::path(PANTOMIME_REPOSITORY) / "assets/sentence_encoder";
  return path;
}

json golden() {
  return json::parse(read_file(fs::path(PANTOMIME_TESTS_DIR) / "golden/use_lite.json"));
}

TEST(Tokenizer, FindsTheLikeliestPieces) {
  const std::vector<std::pair<std::string, float>> pieces = {
      {"<unk>", 0}, {"▁walk", -3}, {"ing", -2}, {"▁walking", -6},
      {"▁", -4},    {"w", -5},     {"s", -2},   {"▁walks", -4.5f}};
  const Tokenizer tokenizer(pieces, 1);
  EXPECT_EQ(tokenizer.tokens("walking"), (std::vector<int64_t>{1, 2}));  // -5 beats -6
  EXPECT_EQ(tokenizer.tokens("walks"), (std::vector<int64_t>{7}));       // -4.5 beats -5
  EXPECT_EQ(tokenizer.tokens("w walk"), (std::vector<int64_t>{4, 5, 1}));
  // What nobody knows is one token, however long.
  EXPECT_EQ(tokenizer.tokens("xyz"), (std::vector<int64_t>{4, 0}));
  EXPECT_EQ(tokenizer.tokens(""), (std::vector<int64_t>{4}));
  EXPECT_THROW(tokenizer.tokens("\xff\xfe"), Error);
}

class RealEncoder : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(folder() / "model.json")) GTEST_SKIP() << "tools/fetch_text fetches it";
  }
};

TEST_F(RealEncoder, AgreesWithTheReference) {
  const SentenceEncoder encoder = SentenceEncoder::open(folder());
  for (const json& item : golden()) {
    const std::string text = item["text"];
    const Sentence sentence = encoder.encode(text);
    EXPECT_EQ(sentence.tokens, item["tokens"].get<std::vector<int64_t>>()) << text;
    const auto mean = item["mean"].get<std::vector<double>>();
    ASSERT_EQ(mean.size(), sentence.mean.size());
    for (size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(sentence.mean[i], mean[i], 1e-5) << text;
    const auto states = item["states"].get<std::vector<double>>();
    ASSERT_EQ(states.size() * 16, sentence.states.size());
    for (size_t i = 0; i < states.size(); ++i) {
      EXPECT_NEAR(sentence.states[i * 16], states[i], 1e-4) << text << " " << i;
    }
  }
}

TEST_F(RealEncoder, PutsLikeSentencesTogether) {
  const SentenceEncoder encoder = SentenceEncoder::open(folder());
  const auto alike = [&](const char* a, const char* b) {
    return similarity(encoder.encode(a), encoder.encode(b));
  };
  EXPECT_GT(alike("walks in a circle", "walking around in circles"),
            alike("walks in a circle", "sits down on a chair"));
  EXPECT_NEAR(alike("jump", "jump"), 1, 1e-6);
  EXPECT_THROW(encoder.encode("  "), Error);
  const Sentence sentence = encoder.encode("walks");
  double length = 0;
  for (const float v : sentence.mean) length += static_cast<double>(v) * v;
  EXPECT_NEAR(length, 1, 1e-5);
}

TEST(SentenceEncoder, SaysWhatIsMissing) {
  EXPECT_NE(test::error_of([] { SentenceEncoder::open("/nowhere"); }).find("tools/fetch_text"),
            std::string::npos);
}

TEST(UseLite, RefusesWhatIsNoPackage) {
  using formats::parse_use_lite_manifest;
  using formats::parse_use_lite_vocabulary;
  for (
      const char* text :
      {"[]", "{}", "{\"weightsManifest\": 3}", "{\"weightsManifest\": [{}]}",
       R"({"weightsManifest": [{"paths": ["../x"], "weights": []}]})",
       R"({"weightsManifest": [{"paths": ["x"], "weights": [{"name": "a"}]}]})",
       R"({"weightsManifest": [{"paths": ["x"], "weights": [{"name": "a", "shape": [-1], "dtype": "float32"}]}]})",
       R"({"weightsManifest": [{"paths": ["x"], "weights": [{"name": "a", "shape": [99999999, 99999999], "dtype": "float32"}]}]})",
       R"({"weightsManifest": [{"paths": ["x"], "weights": [{"name": "a", "shape": [2], "dtype": "string"}]}]})"})
    EXPECT_THROW(parse_use_lite_manifest(text, "model.json"), Error) << text;
  const auto manifest = parse_use_lite_manifest(
      R"({"weightsManifest": [{"paths": ["s1", "s2"], "weights": [
          {"name": "a", "shape": [2, 3], "dtype": "float32"}, {"name": "b", "shape": [], "dtype": "int32"},
          {"name": "c", "shape": [4], "dtype": "float32"}]}]})",
      "model.json");
  EXPECT_EQ(manifest.shards, (std::vector<std::string>{"s1", "s2"}));
  EXPECT_EQ(manifest.entries[2].offset, 28u);
  EXPECT_FALSE(manifest.entries[1].is_float);
  for (const char* text :
       {"{}", "[]", "[1,2,3,4,5,6,7]", R"([["a",0],["a",0],["a",0],["a",0],["a",0],["a",0],["a"]])",
        R"([["a",0],["a",0],["a",0],["a",0],["a",0],["a",0],["a",1e300]])"})
    EXPECT_THROW(parse_use_lite_vocabulary(text, "vocab.json"), Error) << text;
  // A folder with a manifest but nothing in it.
  const test::TemporaryFolder empty;
  write_file(empty / "model.json", R"({"weightsManifest": []})");
  write_file(empty / "vocab.json", R"([["a",0],["a",0],["a",0],["a",0],["a",0],["a",0],["b",-1]])");
  EXPECT_NE(test::error_of([&] { formats::read_use_lite(empty.path()); }).find("Embeddings_en"),
            std::string::npos);
}

}  // namespace
}  // namespace pantomime::text
