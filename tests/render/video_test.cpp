#include "pantomime/render/video.h"

#include <gtest/gtest.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::render {
namespace {

/// What FFmpeg's own reader finds in a file.
struct Decoded {
  int width = 0, height = 0, frames = 0;
  double fps = 0;
  std::string comment;
  std::vector<int> luma;  // of the pixel in the middle of each frame
};

Decoded decode(const std::filesystem::path& path) {
  Decoded out;
  AVFormatContext* file = nullptr;
  EXPECT_EQ(avformat_open_input(&file, path.c_str(), nullptr, nullptr), 0);
  EXPECT_GE(avformat_find_stream_info(file, nullptr), 0);
  const int stream = av_find_best_stream(file, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  EXPECT_GE(stream, 0);
  const AVStream* s = file->streams[stream];
  out.fps = av_q2d(s->avg_frame_rate);
  if (const AVDictionaryEntry* entry = av_dict_get(file->metadata, "comment", nullptr, 0))
    out.comment = entry->value;
  const AVCodec* codec = avcodec_find_decoder(s->codecpar->codec_id);
  EXPECT_NE(codec, nullptr);
  EXPECT_EQ(s->codecpar->codec_id, AV_CODEC_ID_H264);
  AVCodecContext* decoder = avcodec_alloc_context3(codec);
  avcodec_parameters_to_context(decoder, s->codecpar);
  EXPECT_EQ(avcodec_open2(decoder, codec, nullptr), 0);
  AVPacket* packet = av_packet_alloc();
  AVFrame* frame = av_frame_alloc();
  auto drain = [&] {
    while (avcodec_receive_frame(decoder, frame) == 0) {
      EXPECT_EQ(frame->format, AV_PIX_FMT_YUV420P);
      out.width = frame->width;
      out.height = frame->height;
      out.luma.push_back(
          frame->data[0][(frame->height / 2) * frame->linesize[0] + frame->width / 2]);
      ++out.frames;
    }
  };
  while (av_read_frame(file, packet) == 0) {
    if (packet->stream_index == stream) avcodec_send_packet(decoder, packet);
    av_packet_unref(packet);
    drain();
  }
  avcodec_send_packet(decoder, nullptr);
  drain();
  av_frame_free(&frame);
  av_packet_free(&packet);
  avcodec_free_context(&decoder);
  avformat_close_input(&file);
  return out;
}

VideoOptions small() {
  VideoOptions options;
  options.width = 64;
  options.height = 48;
  return options;
}

void push_ramp(const PushFrame& push, int frames) {
  for (int f = 0; f < frames; ++f) push(Image(64, 48, 3, static_cast<uint8_t>(10 + 8 * f)));
}

TEST(Video, DecodesToItsFrames) {
  const test::TemporaryFolder folder;
  VideoOptions options = small();
  options.comment = "label=walk seed=7";
  write_video(folder / "a.mp4", options, [](const PushFrame& push) { push_ramp(push, 25); });
  const Decoded video = decode(folder / "a.mp4");
  EXPECT_EQ(video.frames, 25);
  EXPECT_EQ(video.width, 64);
  EXPECT_EQ(video.height, 48);
  EXPECT_NEAR(video.fps, 30, 1e-6);
  EXPECT_EQ(video.comment, "label=walk seed=7");
  // Grey value g is luma 16 + g * 219 / 255 in the video range.
  for (int f = 0; f < 25; ++f)
    EXPECT_NEAR(video.luma[static_cast<size_t>(f)], 16 + (10 + 8 * f) * 219 / 255.0, 3) << f;
}

TEST(Video, SameFramesSameBytesWithTheIndexInFront) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mp4", "b.mp4"})
    write_video(folder / name, small(), [](const PushFrame& push) { push_ramp(push, 10); });
  const std::string a = read_file(folder / "a.mp4");
  EXPECT_EQ(a, read_file(folder / "b.mp4"));
  const size_t index = a.find("moov"), data = a.find("mdat");
  ASSERT_NE(index, std::string::npos);
  ASSERT_NE(data, std::string::npos);
  EXPECT_LT(index, data);
}

TEST(Video, TakesGreyAndAlphaAndOtherRates) {
  const test::TemporaryFolder folder;
  VideoOptions options = small();
  options.fps = 12.5;
  write_video(folder / "a.mp4", options, [](const PushFrame& push) {
    push(Image(64, 48, 1, 128));
    push(Image(64, 48, 4, 128));
  });
  const Decoded video = decode(folder / "a.mp4");
  EXPECT_EQ(video.frames, 2);
  EXPECT_NEAR(video.fps, 12.5, 1e-3);
  EXPECT_NEAR(video.luma[0], video.luma[1], 1);
}

void expect_refused(const VideoOptions& options, const std::string& words,
                    const std::function<void(const PushFrame&)>& produce) {
  const test::TemporaryFolder folder;
  try {
    write_video(folder / "bad.mp4", options, produce);
    FAIL() << "no error about " << words;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("bad.mp4"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Video, EndsInOneClearErrorAndNoFile) {
  const auto nothing = [](const PushFrame&) {};
  VideoOptions options = small();
  expect_refused(options, "at least one frame", nothing);
  expect_refused(options, "frame 1 has 32 x 48", [](const PushFrame& push) {
    push(Image(64, 48, 3));
    push(Image(32, 48, 3));
  });
  options.width = 63;
  expect_refused(options, "even", nothing);
  options = small();
  options.encoder = "no_such_encoder";
  expect_refused(options, "no H.264 encoder called \"no_such_encoder\"", nothing);
  options = small();
  options.quality = 99;
  expect_refused(options, "quality 99", nothing);
  options = small();
  options.preset = "warp";
  expect_refused(options, "preset \"warp\"", nothing);
}

TEST(Video, ExceptionsOfTheProducerPassThrough) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(write_video(folder / "a.mp4", small(),
                           [](const PushFrame& push) {
                             push_ramp(push, 3);
                             throw Cancelled();
                           }),
               Cancelled);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace pantomime::render
