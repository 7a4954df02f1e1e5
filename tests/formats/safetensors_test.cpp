#include "pantomime/formats/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

Safetensors sample() {
  Safetensors content;
  content.arrays["weight"] = {DType::F32, {2, 3}, bytes_of<float>({1, 2, 3, 4, 5, 6})};
  content.arrays["bias"] = {DType::BF16, {3}, bytes_of<uint16_t>({0x3f80, 0x4000, 0xbf80})};
  content.arrays["steps"] = {DType::I64, {}, bytes_of<int64_t>({-7})};
  content.arrays["mask"] = {DType::U8, {0, 5}, ""};
  content.metadata = {{"format", "1"}, {"note", "Gehen – \"walk\"\n"}};
  return content;
}

/// A file with this header text and `data` bytes of data.
std::string file_with(const std::string& header, size_t data) {
  std::string out(8, '\0');
  for (size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return out + header + std::string(data, 'x');
}

std::string error_of(const std::string& bytes) {
  return test::error_of<ParseError>([&] { parse_safetensors(bytes, "prior.safetensors"); });
}

TEST(Safetensors, RoundTripKeepsEveryByte) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", sample());
  const Safetensors back = read_safetensors(folder / "a.safetensors");
  const Safetensors want = sample();
  EXPECT_EQ(back.metadata, want.metadata);
  ASSERT_EQ(back.arrays.size(), want.arrays.size());
  for (const auto& [name, array] : want.arrays) {
    const NamedArray& got = back.arrays.at(name);
    EXPECT_EQ(got.dtype, array.dtype) << name;
    EXPECT_EQ(got.shape, array.shape) << name;
    EXPECT_EQ(got.bytes, array.bytes) << name;
  }
}

TEST(Safetensors, SameContentIsTheSameBytes) {
  EXPECT_EQ(to_safetensors(sample()), to_safetensors(sample()));
  const std::string bytes = to_safetensors(sample());
  EXPECT_EQ(to_safetensors(parse_safetensors(bytes, "x")), bytes);
}

TEST(Safetensors, DataIsAligned) {
  const std::string bytes = to_safetensors(sample());
  EXPECT_EQ(static_cast<uint8_t>(bytes[0]) % 8, 0);
  // The one 8-byte array comes first, so it starts right after the padded header.
  const size_t start = 8 + static_cast<uint8_t>(bytes[0]) + (static_cast<size_t>(bytes[1]) << 8);
  int64_t steps = 0;
  std::memcpy(&steps, &bytes[start], 8);
  EXPECT_EQ(steps, -7);
}

TEST(Safetensors, ReadsTheReferenceLayout) {
  // The example of the format's own description, byte for byte, with a padded header.
  const std::string file = file_with(
      R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}   )", 8);
  const Safetensors content = parse_safetensors(file, "x");
  EXPECT_EQ(content.arrays.at("a").bytes, std::string(8, 'x'));
  EXPECT_EQ(content.metadata.at("k"), "v");
}

TEST(Safetensors, EmptyFileOfArraysIsFine) {
  EXPECT_TRUE(parse_safetensors(to_safetensors({}), "x").arrays.empty());
}

struct Broken {
  const char* what;
  std::string bytes;
  const char* message;
};

TEST(Safetensors, RefusesBrokenFilesWithOneClearError) {
  auto entry = [](const std::string& inside) { return "{\"a\":{" + inside + "}}"; };
  std::string huge(8, '\xff');
  std::string past = file_with("{}", 0);
  past[0] = 100;
  const std::vector<Broken> cases = {
      {"empty", "", "@0: file ends within the header length"},
      {"short", "abc", "@3: file ends within the header length"},
      {"huge header", huge + "{}", "@0: header of 18446744073709551615 bytes, at most 100000000"},
      {"header past the end", past, "@0: header of 100 bytes, the file has 2"},
      {"no object", file_with("[1]", 0), "@8: no JSON object"},
      {"no header", file_with("", 0), "@8: no JSON object"},
      {"bad JSON", file_with("{\"a\": oops}", 0), "@14: bad JSON"},
      {"text after", file_with("{} {}", 0), "bad JSON"},
      {"bad UTF-8", file_with("{\"\xff\":1}", 0), "bad JSON"},
      {"duplicate name",
       file_with(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                 R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                 1),
       "JSON key \"a\" is there twice"},
      {"deep", file_with("{\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}", 0),
       "nested deeper than 4"},
      {"not an entry", file_with("{\"a\":3}", 0), "\"a\": expected an object"},
      {"unknown key", file_with(entry(R"("dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1)"), 1),
       "unknown key \"x\""},
      {"unknown dtype", file_with(entry(R"("dtype":"F8","shape":[1],"data_offsets":[0,1])"), 1),
       "dtype \"F8\", expected"},
      {"no dtype", file_with(entry(R"("shape":[1],"data_offsets":[0,1])"), 1), "no dtype"},
      {"no shape", file_with(entry(R"("dtype":"U8","data_offsets":[0,1])"), 1), "no shape"},
      {"negative shape", file_with(entry(R"("dtype":"U8","shape":[-1],"data_offsets":[0,1])"), 1),
       "shape [-1], expected whole numbers"},
      {"fraction", file_with(entry(R"("dtype":"U8","shape":[1.5],"data_offsets":[0,1])"), 1),
       "expected whole numbers"},
      {"overflow",
       file_with(entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"), 0),
       "is too large"},
      {"no offsets", file_with(entry(R"("dtype":"U8","shape":[1])"), 1), "no data_offsets"},
      {"one offset", file_with(entry(R"("dtype":"U8","shape":[1],"data_offsets":[0])"), 1),
       "no data_offsets"},
      {"reversed", file_with(entry(R"("dtype":"U8","shape":[1],"data_offsets":[1,0])"), 1),
       "data_offsets [1, 0]"},
      {"out of file", file_with(entry(R"("dtype":"U8","shape":[9],"data_offsets":[0,9])"), 1),
       "data_offsets [0, 9], the file has 1"},
      {"wrong size", file_with(entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,2])"), 2),
       "2 bytes of data, shape [1] of F32 needs 4"},
      {"hole", file_with(entry(R"("dtype":"U8","shape":[1],"data_offsets":[3,4])"), 4),
       "3 bytes before the data of \"a\""},
      {"rest", file_with(entry(R"("dtype":"U8","shape":[1],"data_offsets":[0,1])"), 4),
       "3 bytes at the end"},
      {"overlap",
       file_with(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                 R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                 3),
       "\"b\" overlaps"},
      {"metadata not text", file_with(R"({"__metadata__":{"a":1}})", 0), "\"a\" is not a string"},
      {"metadata no object", file_with(R"({"__metadata__":"a"})", 0), "expected an object"},
  };
  for (const Broken& broken : cases) {
    const std::string message = error_of(broken.bytes);
    EXPECT_NE(message.find(broken.message), std::string::npos) << broken.what << ": " << message;
    EXPECT_EQ(message.rfind("prior.safetensors@", 0), 0U) << broken.what << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << broken.what;
  }
}

TEST(Safetensors, EveryCutOfAFileIsRefused) {
  const std::string bytes = to_safetensors(sample());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(error_of(bytes.substr(0, size)), "no error") << size;
}

TEST(Safetensors, WriterRefusesWhatTheReaderWould) {
  Safetensors wrong = sample();
  wrong.arrays["weight"].shape = {7};
  EXPECT_THROW(to_safetensors(wrong), Error);
  wrong = sample();
  wrong.arrays["__metadata__"] = {DType::U8, {0}, ""};
  EXPECT_THROW(to_safetensors(wrong), Error);
  wrong = sample();
  wrong.metadata["bad"] = "\xff\xfe";
  EXPECT_THROW(to_safetensors(wrong), Error);
}

TEST(Safetensors, MissingFileIsNamed) {
  try {
    read_safetensors("/nowhere/prior.safetensors");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/prior.safetensors"), std::string::npos);
  }
}

}  // namespace
}  // namespace pantomime::formats
