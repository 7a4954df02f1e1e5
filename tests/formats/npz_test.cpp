#include "pantomime/formats/npz.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

using Shape = std::vector<int64_t>;

std::string npy_file(const std::string& header, const std::string& data, char version = 1) {
  std::string out = "\x93NUMPY";
  out.push_back(version);
  out.push_back(0);
  out.push_back(static_cast<char>(header.size() & 0xff));
  out.push_back(static_cast<char>(header.size() >> 8));
  return out + header + data;
}

template <typename Call>
std::string error_of(Call&& call) {
  return test::error_of<ParseError>(call);
}

void expect_message(const std::string& message, const std::string& part, const std::string& what) {
  EXPECT_NE(message.find(part), std::string::npos) << what << ": " << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << what;
}

class NumpyFile : public testing::TestWithParam<const char*> {};

TEST_P(NumpyFile, IsReadAsNumpyWroteIt) {
  const Npz arrays = read_npz(test::test_data(GetParam()));
  ASSERT_EQ(arrays.size(), 10U);
  EXPECT_EQ(arrays.at("f4").shape, (Shape{2, 3}));
  EXPECT_EQ(doubles_of(arrays.at("f4"), ""), (std::vector<double>{0, .25, .5, .75, 1, 1.25}));
  EXPECT_EQ(doubles_of(arrays.at("f8"), ""), (std::vector<double>{-1.5, 2.25}));
  EXPECT_EQ(doubles_of(arrays.at("i4"), ""), (std::vector<double>{1, -2, 3}));
  EXPECT_EQ(arrays.at("i8").shape, Shape{});
  EXPECT_EQ(doubles_of(arrays.at("i8"), ""), std::vector<double>{-7});
  EXPECT_EQ(arrays.at("u1").shape, (Shape{2, 1, 2}));
  EXPECT_EQ(doubles_of(arrays.at("flag"), ""), (std::vector<double>{1, 0}));
  EXPECT_EQ(arrays.at("text").texts, std::vector<std::string>{"männlich"});
  EXPECT_EQ(arrays.at("texts").texts, (std::vector<std::string>{"a", "", "ccc"}));
  EXPECT_EQ(arrays.at("bytes").texts, std::vector<std::string>{"male"});
  EXPECT_EQ(arrays.at("empty").shape, (Shape{0, 3}));
}

INSTANTIATE_TEST_SUITE_P(Npz, NumpyFile,
                         testing::Values("good/numpy.npz", "good/numpy_compressed.npz"));

TEST(Npy, FortranOrderIsTurnedToC) {
  const NpyArray array = read_npy(test::test_data("good/numpy_fortran.npy"));
  EXPECT_EQ(array.shape, (Shape{2, 3, 4}));
  std::vector<double> want(24);
  for (size_t i = 0; i < want.size(); ++i) want[i] = static_cast<double>(i);
  EXPECT_EQ(doubles_of(array, ""), want);
}

TEST(Npy, VersionTwoIsRead) {
  EXPECT_EQ(read_npy(test::test_data("good/numpy_v2.npy")).bytes,
            read_npy(test::test_data("good/numpy_c.npy")).bytes);
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  const std::vector<float> grid = {0, .25f, .5f, .75f, 1, 1.25f};
  EXPECT_EQ(to_npy(npy_of({2, 3}, std::span<const float>(grid))),
            read_file(test::test_data("good/numpy_c.npy")));
  // And all of its types, as members of numpy's archive.
  const std::string archive = read_file(test::test_data("good/numpy.npz"));
  for (const auto& [member, bytes] : parse_zip(archive, "numpy.npz", 1 << 20)) {
    if (member == "bytes.npy") continue;  // S is read as text and written as U
    EXPECT_EQ(to_npy(parse_npy(bytes, member)), bytes) << member;
  }
}

TEST(Npz, RoundTripAndSameBytes) {
  const test::TemporaryFolder folder;
  Npz arrays = read_npz(test::test_data("good/numpy.npz"));
  for (const ZipMethod method : {ZipMethod::Stored, ZipMethod::Deflated}) {
    write_npz(folder / "a.npz", arrays, method);
    const Npz back = read_npz(folder / "a.npz");
    ASSERT_EQ(back.size(), arrays.size());
    for (const auto& [name, array] : arrays) {
      EXPECT_EQ(back.at(name).type, array.type) << name;
      EXPECT_EQ(back.at(name).shape, array.shape) << name;
      EXPECT_EQ(back.at(name).bytes, array.bytes) << name;
      EXPECT_EQ(back.at(name).texts, array.texts) << name;
    }
    EXPECT_EQ(to_npz(back, method), read_file(folder / "a.npz"));
  }
}

TEST(Npz, OnlyTheNamesAskedForAreOpened) {
  std::map<std::string, std::string> members;
  const std::vector<float> one = {1};
  members["good.npy"] = to_npy(npy_of({1}, std::span<const float>(one)));
  members["pickle.npy"] = npy_file("{'descr': '|O', 'fortran_order': False, 'shape': (), }", "x");
  const std::string file = to_zip(members, ZipMethod::Stored);
  EXPECT_EQ(parse_npz(file, "a.npz", {.only = {"good"}}).size(), 1U);
  expect_message(error_of([&] { parse_npz(file, "a.npz"); }), "a.npz/pickle.npy@10: npy dtype '|O'",
                 "objects");
}

TEST(Npy, RefusesBrokenFilesWithOneClearError) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  struct Case {
    const char* what;
    std::string bytes;
    const char* message;
  };
  auto with = [](const std::string& descr, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
  };
  const std::string four(4, '\0');
  const std::vector<Case> cases = {
      {"empty", "", "@0: not a NumPy array"},
      {"other", "hello, world", "@0: not a NumPy array"},
      {"only magic", "\x93NUMPY", "@6: file ends within"},
      {"version", npy_file(good, four, 9), "@6: npy version 9.0"},
      {"long header", npy_file(good, four).substr(0, 30), "npy header of 57 bytes"},
      {"no dict", npy_file("[]", four), "expected '{'"},
      {"unknown key", npy_file("{'a': 1}", four), "unknown key 'a'"},
      {"twice", npy_file("{'descr': '<f4', 'descr': '<f4'}", four), "'descr' is there twice"},
      {"missing", npy_file("{'descr': '<f4', }", four), "expected descr, fortran_order and shape"},
      {"open text", npy_file("{'descr: 4}", four), "text without an end"},
      {"after", npy_file(good + " 3", four), "text after the header"},
      {"structured", npy_file(with("[('a', '<f4')]", "(1,)"), four), "structured types"},
      {"objects", npy_file(with("'|O'", "(1,)"), four), "npy dtype '|O'"},
      {"big endian", npy_file(with("'>f4'", "(1,)"), four), "npy dtype '>f4'"},
      {"text width", npy_file(with("'<Ux'", "(1,)"), four), "text width"},
      {"huge width", npy_file(with("'<U99999999999999999999'", "(1,)"), four), "text width"},
      {"bad bool", npy_file("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", four),
       "True or False"},
      {"negative", npy_file(with("'<f4'", "(-1,)"), four), "whole numbers from 0"},
      {"fraction", npy_file(with("'<f4'", "(1.5,)"), four), "expected ')'"},
      {"huge number", npy_file(with("'<f4'", "(99999999999999999999,)"), four), "whole numbers"},
      {"overflow", npy_file(with("'<f4'", "(4294967296, 4294967296)"), four), "too large"},
      {"rank", npy_file(with("'<f4'", "(" + std::string(66, '1') + ")"), four), "whole numbers"},
      {"many",
       npy_file(with("'<f4'",
                     "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                     "1,1,1,1,1)"),
                four),
       "more than 32 dimensions"},
      {"short data", npy_file(with("'<f4'", "(2,)"), four), "4 bytes of data, shape"},
      {"long data", npy_file(good, four + "x"), "5 bytes of data, shape"},
      {"surrogate", npy_file(with("'<U1'", "()"), std::string("\x00\xd8\x00\x00", 4)),
       "character 0xd800"},
      {"no width", npy_file(with("'<U0'", "(9000000000000000000,)"), ""),
       "texts of width 0, at most 1"},
  };
  for (const Case& broken : cases)
    expect_message(error_of([&] { parse_npy(broken.bytes, "x.npy"); }), broken.message,
                   broken.what);
}

/// A zip file of one deflated member "a.npy", to break.
std::string small_zip() {
  return to_zip({{"a.npy", std::string(1000, 'a')}}, ZipMethod::Deflated);
}

TEST(Zip, RefusesBrokenFilesWithOneClearError) {
  const std::string good = small_zip();
  const size_t directory = good.find("PK\x01\x02"), end = good.find("PK\x05\x06");
  auto changed = [&](size_t at, const std::string& bytes) {
    std::string out = good;
    return out.replace(at, bytes.size(), bytes);
  };
  const std::string most(4, '\xff');
  struct Case {
    const char* what;
    std::string bytes;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"empty", "", "no zip end record"},
      {"text", std::string(100, 'x'), "no zip end record"},
      {"cut", good.substr(0, good.size() - 1), "no zip end record"},
      {"Zip64", changed(end + 16, most), "Zip64 archive"},
      {"parts", changed(end + 4, std::string("\x01\x00", 2)), "several parts"},
      {"directory too far", changed(end + 16, std::string("\xff\xff\x00\x00", 4)),
       "zip directory of"},
      {"count", changed(end + 8, std::string("\x02\x00\x02\x00", 4)),
       "no zip directory entry 2 of 2"},
      {"no entries", changed(end + 8, std::string("\x00\x00\x00\x00", 4)), "goes on after 0"},
      {"encrypted", changed(directory + 8, std::string("\x01", 1)), "is encrypted"},
      {"method", changed(directory + 10, std::string("\x63", 1)), "compression method 99"},
      {"checksum", changed(directory + 16, most), "wrong checksum"},
      {"member Zip64", changed(directory + 24, most), "uses Zip64"},
      {"bomb", changed(directory + 24, std::string("\xff\xff\xff\x7f", 4)),
       "at most 100000 are read"},
      {"smaller", changed(directory + 24, std::string("\x10\x00", 2)),
       "unpacks to more than its 16"},
      {"larger", changed(directory + 24, std::string("\xff\x0f", 2)), "unpacks to 1000 bytes"},
      {"packed size", changed(directory + 20, std::string("\xff\x0f", 2)),
       "zip member of 4095 bytes"},
      {"packed short", changed(directory + 20, std::string("\x02\x00", 2)), "broken deflate data"},
      {"local header", changed(0, "XX"), "no local header of \"a.npy\""},
      {"local name", changed(30, "b"), "local header is not that of \"a.npy\""},
      {"far away", changed(directory + 42, std::string("\xff\xff\xff\x00", 4)), "zip header of 4"},
      {"data", changed(35, std::string("\xff\xff\xff", 3)), "broken deflate data"},
  };
  ASSERT_EQ(parse_zip(good, "a.npz", 100000).size(), 1U);
  for (const Case& broken : cases)
    expect_message(error_of([&] { parse_zip(broken.bytes, "a.npz", 100000); }), broken.message,
                   broken.what);
}

TEST(Zip, NoNameTwice) {
  std::string file = to_zip({{"a.npy", "1"}, {"b.npy", "1"}}, ZipMethod::Stored);
  for (size_t at = 0; (at = file.find("b.npy", at)) != std::string::npos;) file[at] = 'a';
  expect_message(error_of([&] { parse_zip(file, "x", 100); }), "two members are called \"a.npy\"",
                 "twice");
}

TEST(Zip, BudgetIsForAllMembersTogether) {
  const std::string file =
      to_zip({{"a", std::string(60, 'a')}, {"b", std::string(60, 'b')}}, ZipMethod::Deflated);
  EXPECT_EQ(parse_zip(file, "x", 120).size(), 2U);
  expect_message(error_of([&] { parse_zip(file, "x", 119); }), "at most 59 are read", "budget");
}

TEST(Zip, EveryCutOfAFileIsRefused) {
  const std::string good = small_zip();
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(error_of([&] { parse_zip(good.substr(0, size), "x", 100000); }), "no error") << size;
}

TEST(Npz, WriterRefusesWrongShapesAndText) {
  const std::vector<float> two = {1, 2};
  EXPECT_THROW(npy_of({3}, std::span<const float>(two)), Error);
  EXPECT_THROW(to_npy(npy_of(std::string("\xff\xff"))), Error);
  EXPECT_THROW(doubles_of(npy_of(std::string("x")), "gender"), Error);
}

}  // namespace
}  // namespace pantomime::formats
