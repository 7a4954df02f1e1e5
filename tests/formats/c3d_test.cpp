#include "pantomime/formats/c3d.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

enum class Processor : uint8_t { Intel = 84, Dec = 85, Mips = 86 };

/// A C3D file, written as its description says, for any processor.
struct Builder {
  Processor processor = Processor::Intel;
  bool real = true;
  float scale = 0.05f;  ///< of whole numbers
  float rate = 120;
  int frames = 3, first = 1, analog = 0;
  std::string units = "mm", up = "+Z", prefix;
  std::vector<std::string> labels = {"LASI", "RASI"};
  bool parameters_know = true;  ///< POINT:USED and so on, not the header alone

  std::string out;

  void u8(size_t v) { out.push_back(static_cast<char>(v)); }
  void u16(size_t v) {
    if (processor == Processor::Mips) {
      u8(v >> 8 & 0xff), u8(v & 0xff);
    } else {
      u8(v & 0xff), u8(v >> 8 & 0xff);
    }
  }
  void f32(float v) {
    if (processor == Processor::Dec) {
      const auto bits = v == 0 ? 0U : std::bit_cast<uint32_t>(v * 4);
      u8(bits >> 16 & 0xff), u8(bits >> 24), u8(bits & 0xff), u8(bits >> 8 & 0xff);
      return;
    }
    const auto bits = std::bit_cast<uint32_t>(v);
    for (unsigned i = 0; i < 4; ++i)
      u8(bits >> (processor == Processor::Mips ? 24 - 8 * i : 8 * i) & 0xff);
  }
  void pad(size_t size) { out.resize((out.size() + size - 1) / size * size, '\0'); }

  void begin_record(const std::string& name, int id, size_t body) {
    u8(name.size());
    u8(static_cast<size_t>(id) & 0xff);
    out += name;
    u16(2 + body);
  }
  void group(const std::string& name, int id) {
    begin_record(name, -id, 1);
    u8(0);
  }
  void texts(const std::string& name, int id, const std::vector<std::string>& values) {
    const size_t width = 12;
    begin_record(name, id, 4 + width * values.size() + 1);
    u8(0xff), u8(2), u8(width), u8(values.size());
    for (std::string value : values) {
      value.resize(width, ' ');
      out += value;
    }
    u8(0);
  }
  void whole(const std::string& name, int id, const std::vector<size_t>& values) {
    const bool list = values.size() > 1;
    begin_record(name, id, (list ? 3u : 2u) + 2 * values.size() + 1);
    u8(2), u8(list ? 1 : 0);
    if (list) u8(values.size());
    for (const size_t v : values) u16(v);
    u8(0);
  }
  void number(const std::string& name, int id, float value) {
    begin_record(name, id, 2 + 4 + 1);
    u8(4), u8(0), f32(value), u8(0);
  }

  std::string build() {
    out.clear();
    u8(2), u8(0x50);
    u16(labels.size()), u16(static_cast<size_t>(analog));
    u16(static_cast<size_t>(first)), u16(static_cast<size_t>(first + frames - 1)), u16(10);
    f32(real ? -scale : scale);
    u16(4), u16(static_cast<size_t>(analog > 0 ? 1 : 0)), f32(rate);
    pad(512);
    u8(1), u8(0x50), u8(2), u8(static_cast<size_t>(processor));
    group("POINT", 1);
    if (parameters_know) {
      whole("USED", 1, {labels.size()});
      number("SCALE", 1, real ? -scale : scale);
      number("RATE", 1, rate);
      whole("FRAMES", 1, {static_cast<size_t>(frames)});
    }
    if (!units.empty()) texts("UNITS", 1, {units});
    if (!up.empty()) texts("Y_SCREEN", 1, {up});
    std::vector<std::string> named;
    for (const std::string& label : labels) named.push_back(prefix + label);
    texts("LABELS", 1, named);
    u16(0);
    out.resize(3 * 512, '\0');
    for (int f = 0; f < frames; ++f) {
      for (size_t p = 0; p < labels.size(); ++p) {
        const bool lost = f == 1 && p == 1;
        const float x = 100 * static_cast<float>(f + 1), y = -50 * static_cast<float>(p + 1),
                    z = 900.5f;
        const int word = lost ? -1 : 3 << 8 | 2;  // cameras 1 and 2, residual 2
        for (const float v : {x, y, z}) {
          if (real)
            f32(v);
          else
            u16(static_cast<size_t>(static_cast<int>(std::lround(v / scale)) & 0xffff));
        }
        if (real)
          f32(static_cast<float>(word));
        else
          u16(static_cast<size_t>(word & 0xffff));
      }
      for (int a = 0; a < analog; ++a) real ? f32(7) : u16(7);
    }
    pad(512);
    return out;
  }
};

std::string message_of(const std::string& bytes) {
  return test::error_of<ParseError>([&] { parse_c3d(bytes, "m.c3d"); });
}

TEST(C3d, ReadsAllProcessorsAndBothKindsOfNumbers) {
  for (const Processor processor : {Processor::Intel, Processor::Dec, Processor::Mips})
    for (const bool real : {true, false})
      for (const int analog : {0, 5}) {
        Builder builder;
        builder.processor = processor;
        builder.real = real;
        builder.analog = analog;
        const C3d read = parse_c3d(builder.build(), "m.c3d");
        read.points.validate();
        EXPECT_EQ(read.points.fps, 120);
        EXPECT_EQ(read.points.names, (std::vector<std::string>{"LASI", "RASI"}));
        ASSERT_EQ(read.points.frame_count(), 3u);
        EXPECT_EQ(read.analog_channels, analog);
        // Frame 2, second marker: (300, -100, 900.5) mm, z up.
        const float* p = &read.points.positions[static_cast<size_t>(3 * (2 * 2 + 1))];
        EXPECT_NEAR(p[0], 0.3, 3e-5);
        EXPECT_NEAR(p[1], 0.9005, 3e-5);
        EXPECT_NEAR(p[2], 0.1, 3e-5);
        EXPECT_EQ(read.points.confidence, (std::vector<float>{1, 1, 1, 0, 1, 1}));
        EXPECT_NEAR(read.residuals[0], 2 * 0.05 * 0.001, 1e-8);
        EXPECT_EQ(read.residuals[3], -1);
      }
}

TEST(C3d, ParametersAreNotNeededWhereTheHeaderKnows) {
  Builder builder;
  builder.parameters_know = false;
  builder.first = 17;
  builder.prefix = "Anna:";
  builder.units = "cm";
  builder.up = "+Y";
  const C3d read = parse_c3d(builder.build(), "m.c3d");
  EXPECT_EQ(read.first_frame, 17);
  EXPECT_EQ(read.points.names[0], "LASI");
  EXPECT_EQ(read.points.frame_count(), 3u);
  EXPECT_NEAR(read.points.positions[0], 1, 1e-5);
  EXPECT_NEAR(read.points.positions[1], -0.5, 1e-5);  // y is up already
  EXPECT_NEAR(read.points.positions[2], 9.005, 1e-4);
  builder.labels = {"A", "A", ""};
  EXPECT_EQ(parse_c3d(builder.build(), "x").points.names,
            (std::vector<std::string>{"A", "point 2", "point 3"}));
}

TEST(C3d, RefusesBrokenFiles) {
  const std::string good = Builder{}.build();
  EXPECT_EQ(message_of(good), "no error");
  const auto with = [&](size_t at, int value) {
    std::string bytes = good;
    bytes.at(at) = static_cast<char>(value);
    return message_of(bytes);
  };
  EXPECT_EQ(with(1, 0), "m.c3d@1: not a C3D file, expected 0x50");
  EXPECT_EQ(with(515, 87), "m.c3d@515: processor 87, expected 84 (Intel), 85 (DEC) or 86 (MIPS)");
  EXPECT_EQ(with(0, 1), "m.c3d@0: parameters in block 1, expected 2 or more");
  EXPECT_NE(with(0, 200), "no error");
  EXPECT_NE(message_of(""), "no error");
  Builder builder;
  builder.frames = 3;
  std::string cut = builder.build();
  cut.resize(3 * 512 + 60);
  EXPECT_EQ(message_of(cut), "m.c3d@1536: announces 3 frames of 32 bytes, holds 1");
  for (const float rate : {0.f, -5.f, 1e9f, std::nanf("")}) {
    builder = {};
    builder.parameters_know = false;
    builder.rate = rate;
    EXPECT_NE(message_of(builder.build()), "no error") << rate;
  }
  for (const float scale : {0.f, 1e30f, std::nanf("")}) {
    builder = {};
    builder.scale = scale;
    EXPECT_NE(message_of(builder.build()), "no error") << scale;
  }
  builder = {};
  builder.units = "feet";
  EXPECT_EQ(message_of(builder.build()),
            "m.c3d@0: POINT:UNITS is \"FEET\", expected mm, cm, m or in");
  builder = {};
  builder.up = "+W";
  EXPECT_NE(message_of(builder.build()), "no error");
  builder = {};
  builder.labels = {};
  EXPECT_NE(message_of(builder.build()), "no error");
  // No byte may lead astray.
  for (size_t at = 0; at < 1200; ++at)
    for (const int value : {0, 1, 127, 128, 255}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      const std::string message = message_of(bytes);
      EXPECT_TRUE(message == "no error" || message.starts_with("m.c3d")) << at << ": " << message;
      EXPECT_EQ(message.find('\n'), std::string::npos);
    }
  for (size_t size = 0; size < 3 * 512 + 90; size += 7)
    EXPECT_NE(message_of(good.substr(0, size)), "no error") << size;
}

}  // namespace
}  // namespace pantomime::formats
