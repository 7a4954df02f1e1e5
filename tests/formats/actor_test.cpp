#include "pantomime/formats/actor.h"

#include <gtest/gtest.h>

#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/pickle.h"
#include "support.h"

namespace pantomime::formats {
namespace {

std::string message_of(const std::string& bytes) {
  return test::error_of<ParseError>([&] { Pickle(bytes, "x.pkl"); });
}

// tools/golden/pickles.py makes these with Python and NumPy themselves.

TEST(Pickle, ReadsWhatPythonWritesInAllProtocols) {
  for (const int protocol : {2, 3, 4, 5}) {
    const std::string bytes =
        read_file(test::test_data(fmt::format("good/values_{}.pkl", protocol)));
    const Pickle pickle(bytes, "values.pkl");
    const PickleValue root = pickle.root();
    EXPECT_EQ(root.kind(), PickleKind::Dict);
    PickleValue v = root;
    ASSERT_TRUE(root.find("list", v)) << protocol;
    ASSERT_EQ(v.size(), 9u);
    EXPECT_EQ(v.at(0, "i").whole("i"), 7);
    EXPECT_EQ(v.at(1, "i").whole("i"), -300);
    EXPECT_EQ(v.at(2, "i").whole("i"), int64_t{1} << 40);
    EXPECT_EQ(v.at(3, "f").number("f"), 2.5);
    EXPECT_EQ(v.at(4, "t").text("t"), "männlich");
    EXPECT_EQ(v.at(5, "n").kind(), PickleKind::None);
    EXPECT_EQ(v.at(6, "b").whole("b"), 1);
    EXPECT_EQ(v.at(7, "tuple").size(), 3u);
    EXPECT_EQ(v.at(8, "bytes").text("bytes"), std::string("\x00\xff z", 4));
    EXPECT_THROW(v.at(9, "i"), ParseError);
    EXPECT_THROW(v.at(3, "f").whole("f"), ParseError);
    ASSERT_TRUE(root.find("arrays", v));
    ASSERT_EQ(v.size(), 5u);
    const NpyArray f4 = v.at(0, "a").array("a");
    EXPECT_EQ(f4.shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(doubles_of(f4, "a"), (std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25}));
    // In Fortran's order.
    EXPECT_EQ(doubles_of(v.at(1, "a").array("a"), "a"), (std::vector<double>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(doubles_of(v.at(2, "a").array("a"), "a"), (std::vector<double>{-1, 300}));
    EXPECT_EQ(v.at(3, "a").whole("a"), 12);  // numpy.int64(12)
    EXPECT_EQ(v.at(4, "a").array("a").type, NpyType::Bool);
    EXPECT_FALSE(root.find("nothing", v));
    EXPECT_THROW(root.at(0, "x"), ParseError);
  }
}

TEST(Pickle, RunsNothing) {
  // os.system("id"), as an attacker writes it.
  EXPECT_EQ(message_of("\x80\x02"
                       "cos\nsystem\nX\x02\x00\x00\x00id\x85R."),
            "x.pkl@12: pickle: \"system\" of \"os\", which data does not need");
  for (const char* call : {"cbuiltins\neval\n", "cnumpy\nload\n", "cbuiltins\ngetattr\n",
                           "cnumpy.core.multiarray\nfromfile\n", "cpickle\nloads\n"})
    EXPECT_NE(message_of(std::string("\x80\x02") + call + ")R."), "no error") << call;
  // Instructions that make objects of classes, ask for persistent ids or extensions.
  for (const char code : {'i', 'o', 'P', 'Q', '\x81', '\x82', '\x92', 'S', 'I', 'F', 'p', 'g'})
    EXPECT_NE(message_of(std::string("\x80\x02K\x01") + code + "a\nb\n."), "no error") << code;
}

TEST(Pickle, RefusesBrokenFiles) {
  const std::string good = read_file(test::test_data("good/values_4.pkl"));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(message_of(good.substr(0, size)), "no error") << size;
  for (size_t at = 0; at < good.size(); ++at)
    for (const int value : {0, 1, int{'R'}, int{'b'}, int{'.'}, int{'e'}, 0x94, 255}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      const std::string message = message_of(bytes);
      EXPECT_TRUE(message == "no error" || message.starts_with("x.pkl")) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "\x80\x02."s, "\x80\x09K\x01."s, "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"s,
        "\x80\x02"
        "e."s,
        "\x80\x02"
        "(u."s,
        "\x80\x02}(K\x01u."s, "\x80\x02]K\x01K\x02s."s, "\x80\x02h\x05."s,
        "\x80\x02\x8b\xff\xff\xff\x7f."s, "\x80\x02X\x01\x00\x00\x00\xff."s})
    EXPECT_NE(message_of(text), "no error") << text;
  // Very many small values.
  std::string many = "\x80\x02]";
  many.append(2'500'000, 'N');
  EXPECT_NE(message_of(many).find("more than 2000000 values"), std::string::npos);
}

TEST(Actor, ReadsPosesPathsAndActions) {
  const std::string bytes = read_file(test::test_data("good/actor.pkl"));
  const auto sequences = parse_actor(bytes, "actor.pkl");
  ASSERT_EQ(sequences.size(), 2u);
  const motion::Clip& clip = sequences[0].clip;
  clip.validate();
  EXPECT_EQ(clip.fps, 20);
  ASSERT_EQ(clip.frame_count(), 3u);
  EXPECT_EQ(sequences[0].action, 1);
  EXPECT_EQ(sequences[1].action, 11);
  EXPECT_EQ(sequences[1].clip.frame_count(), 2u);
  EXPECT_EQ(kHumanAct12Actions[11], "throw");
  // In the file the person stands upright in a camera's axes: half a turn about x.
  for (size_t f = 0; f < 3; ++f) {
    const motion::Vec3 up = clip.rotation(f, 0) * motion::Vec3{0, 1, 0};
    EXPECT_NEAR(up.y, 1, 1e-5);
    EXPECT_NEAR(clip.root_positions[f].x, 0.1 * static_cast<double>(f), 1e-6);
    EXPECT_NEAR(clip.root_positions[f].y, 0.9, 1e-6);
    EXPECT_NEAR(clip.root_positions[f].z, -3, 1e-6);
  }
  // Its left knee bends by half a radian about x.
  EXPECT_NEAR(motion::to_rotation_vector(clip.rotation(1, motion::kLeftKnee)).x, 0.5, 1e-5);
}

TEST(Actor, RefusesOtherPickles) {
  const auto refused = [](const std::string& bytes) -> std::string {
    return test::error_of<ParseError>([&] { parse_actor(bytes, "x.pkl"); });
  };
  EXPECT_EQ(refused(read_file(test::test_data("good/values_4.pkl"))),
            "x.pkl: no \"poses\", expected a dict of lists as ACTOR has it");
  EXPECT_EQ(refused("\x80\x02}."), "x.pkl: no \"poses\", expected a dict of lists as ACTOR has it");
  const std::string good = read_file(test::test_data("good/actor.pkl"));
  for (size_t at = 0; at < good.size(); at += 3)
    for (const int value : {0, 63, 127, 255}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      const std::string message = refused(bytes);
      EXPECT_TRUE(message == "no error" || message.find("x.pkl") != std::string::npos) << message;
    }
}

}  // namespace
}  // namespace pantomime::formats
