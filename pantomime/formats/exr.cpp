#include "pantomime/formats/exr.h"

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfIO.h>
#include <ImfInputFile.h>
#include <ImfOutputFile.h>
#include <half.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <exception>

#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"

namespace pantomime::formats {
namespace {

constexpr size_t kMostChannels = 64;
/// Decoded bytes for each byte of a file, beyond which a picture can't be meant: even pictures of
/// one colour compress no better than that.
constexpr uint64_t kMostGrowth = 2048;

class Reader : public Imf::IStream {
 public:
  Reader(std::string_view bytes, const std::string& name)
      : Imf::IStream(name.c_str()), bytes_(bytes) {}
  bool read(char* to, int count) override {
    if (count < 0 || static_cast<uint64_t>(count) > bytes_.size() - at_) fail("ends too early");
    std::memcpy(to, bytes_.data() + at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return at_ < bytes_.size();
  }
  uint64_t tellg() override { return at_; }
  void seekg(uint64_t to) override {
    if (to > bytes_.size()) fail("ends too early");
    at_ = static_cast<size_t>(to);
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

class Writer : public Imf::OStream {
 public:
  Writer() : Imf::OStream("memory") {}
  void write(const char* from, int count) override {
    const auto size = static_cast<size_t>(count);
    if (bytes.size() < at_ + size) bytes.resize(at_ + size);
    std::memcpy(bytes.data() + at_, from, size);
    at_ += size;
  }
  uint64_t tellp() override { return at_; }
  void seekp(uint64_t to) override { at_ = static_cast<size_t>(to); }

  std::string bytes;

 private:
  size_t at_ = 0;
};

/// Where the library finds the value of pixel (0, 0) of a plane whose first pixel is `corner`.
char* origin(void* values, size_t size, size_t width, const Imath::V2i& corner) {
  const auto skip = static_cast<ptrdiff_t>(size) *
                    (static_cast<ptrdiff_t>(corner.x) +
                     static_cast<ptrdiff_t>(corner.y) * static_cast<ptrdiff_t>(width));
  return reinterpret_cast<char*>(reinterpret_cast<intptr_t>(values) - skip);
}

/// The first header of a file: the library makes room for whole pictures when it opens them, so
/// what they claim is looked at before.
Imf::Header header_of(std::string_view bytes, const std::string& name) {
  Reader reader(bytes, name);
  std::array<unsigned char, 8> start{};
  reader.read(reinterpret_cast<char*>(start.data()), static_cast<int>(start.size()));
  if (start[0] != 0x76 || start[1] != 0x2f || start[2] != 0x31 || start[3] != 0x01)
    fail("no magic number");
  int version = start[4] | start[5] << 8 | start[6] << 16;
  Imf::Header header;
  header.readFrom(reader, version);
  return header;
}

/// An empty picture as the header says it is; throws for what is too much.
ExrPicture announced(const Imf::Header& header, size_t bytes) {
  const Imath::Box2i window = header.dataWindow();
  const int64_t width = int64_t{window.max.x} - window.min.x + 1;
  const int64_t height = int64_t{window.max.y} - window.min.y + 1;
  if (width < 1 || height < 1 || width > kMaxImageSide || height > kMaxImageSide ||
      width * height > kMaxImagePixels)
    fail("{} x {} pixels, expected at most {} to a side", width, height, kMaxImageSide);
  const Imf::ChannelList& channels = header.channels();
  ExrPicture out{static_cast<int>(width), static_cast<int>(height), {}};
  for (auto c = channels.begin(); c != channels.end(); ++c) {
    const Imf::Channel& channel = c.channel();
    if (channel.xSampling != 1 || channel.ySampling != 1)
      fail("channel {} has not a value for each pixel", c.name());
    if (channel.type != Imf::HALF && channel.type != Imf::FLOAT)
      fail("channel {} has whole numbers, expected floats", c.name());
    if (out.planes.size() == kMostChannels) fail("more than {} channels", kMostChannels);
    out.planes.push_back({c.name(), channel.type == Imf::HALF, {}});
  }
  if (out.planes.empty()) fail("no channels");
  const auto pixels = static_cast<uint64_t>(width * height);
  if (4 * pixels * out.planes.size() > kMostGrowth * bytes)
    fail("{} x {} pixels in {} bytes", width, height, bytes);
  return out;
}

ExrPicture decode(std::string_view bytes, const std::string& name) {
  ExrPicture out = announced(header_of(bytes, name), bytes.size());
  Reader reader(bytes, name);
  Imf::InputFile file(reader, 0);
  const Imath::Box2i window = file.header().dataWindow();
  const auto width = static_cast<size_t>(out.width);
  if (window.max.x - window.min.x + 1 != out.width || window.max.y - window.min.y + 1 != out.height)
    fail("two sizes");
  Imf::FrameBuffer buffer;
  for (ExrPlane& plane : out.planes) {
    plane.values.resize(width * static_cast<size_t>(out.height));
    buffer.insert(
        plane.channel,
        Imf::Slice(Imf::FLOAT, origin(plane.values.data(), sizeof(float), width, window.min),
                   sizeof(float), sizeof(float) * width));
  }
  file.setFrameBuffer(buffer);
  file.readPixels(window.min.y, window.max.y);
  return out;
}

/// A foreign message as a part of one line of ours.
std::string one_line(const char* text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 32; }, ' ');
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  return out;
}

}  // namespace

ExrPicture parse_exr(std::string_view bytes, const std::string& name) {
  try {
    return decode(bytes, name);
  } catch (const std::exception& error) {  // ours, and all that the library throws
    throw ParseError(
        fmt::format("{}: not a readable EXR picture: {}", name, one_line(error.what())));
  }
}

FloatImage parse_exr_light(std::string_view bytes, const std::string& name) {
  const ExrPicture picture = parse_exr(bytes, name);
  FloatImage out(picture.width, picture.height, 3);
  for (size_t c = 0; c < 3; ++c) {
    const std::string channel(1, "RGB"[c]);
    const auto plane = std::find_if(picture.planes.begin(), picture.planes.end(),
                                    [&](const ExrPlane& p) { return p.channel == channel; });
    if (plane == picture.planes.end())
      throw ParseError(fmt::format("{}: no channel {}, expected R, G and B", name, channel));
    for (size_t i = 0; i < plane->values.size(); ++i) {
      const float value = plane->values[i];
      if (!std::isfinite(value))
        throw ParseError(
            fmt::format("{}: light of {} in channel {}, expected numbers", name, value, channel));
      out.pixels[3 * i + c] = std::max(value, 0.0f);
    }
  }
  return out;
}

std::string to_exr(const ExrPicture& picture) {
  const auto width = static_cast<size_t>(std::max(picture.width, 0));
  const size_t pixels = width * static_cast<size_t>(std::max(picture.height, 0));
  PANTOMIME_CHECK(pixels > 0 && picture.width <= kMaxImageSide && picture.height <= kMaxImageSide &&
                      !picture.planes.empty(),
                  "EXR: {} x {} pixels of {} channels", picture.width, picture.height,
                  picture.planes.size());
  Imf::Header header(picture.width, picture.height);
  header.compression() = Imf::ZIP_COMPRESSION;
  Imf::FrameBuffer buffer;
  std::vector<std::vector<half>> halves;
  halves.reserve(picture.planes.size());
  for (const ExrPlane& plane : picture.planes) {
    PANTOMIME_CHECK(plane.values.size() == pixels, "EXR: channel {} has {} values for {} pixels",
                    plane.channel, plane.values.size(), pixels);
    const Imf::PixelType type = plane.half ? Imf::HALF : Imf::FLOAT;
    header.channels().insert(plane.channel, Imf::Channel(type));
    const void* values = plane.values.data();
    if (plane.half) {
      std::vector<half>& narrow = halves.emplace_back();
      for (const float value : plane.values) narrow.push_back(half(value));
      values = narrow.data();
    }
    const size_t size = plane.half ? sizeof(half) : sizeof(float);
    // The library asks for a pointer to what it may write to; it only reads here.
    buffer.insert(plane.channel, Imf::Slice(type, static_cast<char*>(const_cast<void*>(values)),
                                            size, size * width));
  }
  Writer writer;
  {
    Imf::OutputFile file(writer, header, 0);
    file.setFrameBuffer(buffer);
    file.writePixels(picture.height);
  }
  return std::move(writer.bytes);
}

}  // namespace pantomime::formats
