#include "pantomime/body/asset_file.h"

#include <gtest/gtest.h>

#include "tests/support/support.h"

namespace pantomime::body {
namespace {

std::string record() {
  RecordWriter w;
  w.text("hair");
  w.value(uint8_t{3});
  w.array(std::vector<float>{1.5f, -2.f});
  w.count(7);
  w.array(std::vector<uint32_t>{});
  return w.take();
}

std::string sample() {
  AssetWriter file;
  file.add("first", record());
  file.add("empty", "");
  file.add("last", std::string(100, 'x'));
  return file.finish();
}

AssetFile open(const test::TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "a.pantomime", bytes);
  return AssetFile(folder / "a.pantomime");
}

std::string error_of(const std::function<void()>& what) {
  return test::error_of<Error>([&] { what(); });
}

void set32(std::string& bytes, size_t at, uint32_t v) {
  std::memcpy(bytes.data() + at, &v, 4);
}
void set64(std::string& bytes, size_t at, uint64_t v) {
  std::memcpy(bytes.data() + at, &v, 8);
}

TEST(AssetFile, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  const AssetFile file = open(folder, sample());
  EXPECT_EQ(file.sections().size(), 3u);
  EXPECT_EQ(file.section("empty").bytes.size(), 0u);
  EXPECT_EQ(file.section("last").bytes.size(), 100u);
  RecordReader in(file, file.section("first"));
  EXPECT_EQ(in.text("name"), "hair");
  EXPECT_EQ(in.value<uint8_t>("kind"), 3);
  const auto numbers = in.array<float>("numbers", 2);
  EXPECT_EQ(numbers[0], 1.5f);
  EXPECT_EQ(numbers[1], -2.f);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(numbers.data()) % 8, 0u);
  EXPECT_EQ(in.count("count", 7), 7u);
  EXPECT_EQ(in.array<uint32_t>("none").size(), 0u);
  in.expect_end();
  EXPECT_TRUE(file.verify());
  EXPECT_EQ(file.hash().size(), 64u);
}

TEST(AssetFile, SameSectionsGiveSameBytes) {
  EXPECT_EQ(sample(), sample());
}

TEST(AssetFile, NoticesAChangedByte) {
  const test::TemporaryFolder folder;
  std::string bytes = sample();
  bytes.back() = 'y';
  EXPECT_FALSE(open(folder, bytes).verify());
}

TEST(AssetFile, RefusesWhatIsNotAnAssetFile) {
  const test::TemporaryFolder folder;
  const auto refused = [&](std::string bytes, const std::string& part) {
    EXPECT_NE(error_of([&] { open(folder, bytes); }).find(part), std::string::npos)
        << error_of([&] { open(folder, bytes); });
  };
  refused("", "not a Pantomime asset file");
  refused("PK\3\4" + std::string(200, 'z'), "not a Pantomime asset file");
  std::string b = sample();
  set32(b, 8, 999);
  refused(b, "version 999");
  b = sample();
  b.resize(b.size() - 1);
  refused(b, "its header says");
  b = sample();
  set32(b, 12, 4000000000u);
  refused(b, "don't fit");
  b = sample();
  set32(b, 12, 2);  // the third section is then nobody's
  refused(b, "expected");
  b = sample();
  set64(b, 64 + 48, 1u << 20);
  refused(b, "begins at byte");
  b = sample();
  set64(b, 64 + 56, ~uint64_t{0});
  refused(b, "reaches past the end");
  b = sample();
  b[64] = '\0';
  refused(b, "empty or has no end");
  b = sample();
  std::memcpy(b.data() + 128, "first\0", 6);
  refused(b, "two sections");
}

TEST(AssetFile, ReaderStaysInsideItsSection) {
  const test::TemporaryFolder folder;
  AssetWriter writer;
  RecordWriter w;
  w.value(uint64_t{1} << 62);  // an array as long as no file can be
  writer.add("array", w.take());
  RecordWriter t;
  t.count(4000);
  writer.add("text", t.take());
  const AssetFile file = open(folder, writer.finish());
  EXPECT_NE(error_of([&] {
              RecordReader(file, file.section("array")).array<double>("numbers");
            }).find("reaches past its section"),
            std::string::npos);
  EXPECT_NE(
      error_of([&] { RecordReader(file, file.section("text")).text("name"); }).find("needs 4000"),
      std::string::npos);
  EXPECT_NE(error_of([&] {
              RecordReader r(file, file.section("text"));
              r.count("things", 5);
            }).find("at most 5"),
            std::string::npos);
  EXPECT_NE(error_of([&] { file.section("nothing"); }).find("no section \"nothing\""),
            std::string::npos);
}

}  // namespace
}  // namespace pantomime::body
