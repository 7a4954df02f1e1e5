#include "pantomime/base/bytes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime {
namespace {

TEST(Bytes, ReadsWhatWasWritten) {
  const test::TemporaryFolder folder;
  const std::string content = std::string("a\0b\r\n", 5) + std::string(100000, 'x');
  write_file(folder / "f", content);
  EXPECT_EQ(read_file(folder / "f"), content);
  write_file(folder / "f", "");
  EXPECT_EQ(read_file(folder / "f"), "");
}

TEST(Bytes, ErrorsNameThePath) {
  const test::TemporaryFolder folder;
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message([&] { read_file(folder / "missing"); }).find("missing"), std::string::npos);
  EXPECT_NE(message([&] { write_file(folder / "no" / "f", "x"); }).find("no/f"), std::string::npos);
  EXPECT_NE(message([&] { MappedFile map(folder / "missing"); }).find("missing"),
            std::string::npos);
  write_file(folder / "big", "123456");
  EXPECT_NE(message([&] { read_file(folder / "big", 5); }).find("big"), std::string::npos);
}

TEST(Bytes, AFailedWriteLeavesTheOldFileAndNoOther) {
  const test::TemporaryFolder folder;
  write_file(folder / "f.txt", "old");
  EXPECT_THROW(write_file_with(folder / "f.txt",
                               [](const std::filesystem::path& path) {
                                 std::ofstream(path) << "half";
                                 throw Error("no more");
                               }),
               Error);
  EXPECT_EQ(read_file(folder / "f.txt"), "old");
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    files += entry.is_regular_file();
  EXPECT_EQ(files, 1u);
  write_file_with(folder / "f.txt", [](const std::filesystem::path& path) {
    EXPECT_EQ(path.extension(), ".txt");
    std::ofstream(path) << "new";
  });
  EXPECT_EQ(read_file(folder / "f.txt"), "new");
}

// FIPS 180-4's examples, and the lengths around a block.
TEST(Bytes, Sha256OfKnownTexts) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256_hex(std::string(64, 'a')),
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
  EXPECT_EQ(sha256_hex(std::string(55, 'a')),
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(sha256_hex(std::string(56, 'a')),
            "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
}

TEST(Bytes, MapsFiles) {
  const test::TemporaryFolder folder;
  write_file(folder / "f", "abc");
  MappedFile a(folder / "f");
  ASSERT_EQ(a.bytes().size(), 3u);
  EXPECT_EQ(static_cast<char>(a.bytes()[2]), 'c');
  MappedFile b(std::move(a));
  EXPECT_EQ(a.bytes().size(), 0u);
  a = std::move(b);
  EXPECT_EQ(a.bytes().size(), 3u);
  write_file(folder / "empty", "");
  EXPECT_TRUE(MappedFile(folder / "empty").bytes().empty());
}

TEST(Bytes, FindsOwnFilesUnderTheHomeFirst) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "configs");
  write_file(folder / "configs" / "labels.toml", "");
  EXPECT_TRUE(std::filesystem::exists(resource_path("configs/labels.toml")));
  ::setenv("PANTOMIME_HOME", folder.path().c_str(), 1);
  EXPECT_EQ(resource_path("configs/labels.toml"), folder / "configs" / "labels.toml");
  ::unsetenv("PANTOMIME_HOME");
}

}  // namespace
}  // namespace pantomime
