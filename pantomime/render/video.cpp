#include "pantomime/render/video.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string_view>
#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

constexpr std::array<std::string_view, 10> kPresets = {
    "ultrafast", "superfast", "veryfast", "faster",   "fast",
    "medium",    "slow",      "slower",   "veryslow", "placebo"};

std::string reason(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

struct Free {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(AVFormatContext* p) const {
    if (p->pb != nullptr) avio_closep(&p->pb);
    avformat_free_context(p);
  }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

AVPixelFormat pixel_format(int channels) {
  return channels == 1 ? AV_PIX_FMT_GRAY8 : channels == 4 ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
}

class Encoder {
 public:
  Encoder(const std::filesystem::path& file, std::string name, const VideoOptions& options)
      : name_(std::move(name)), options_(options) {
    // The library never prints; FFmpeg would write its own notes to the terminal.
    av_log_set_level(AV_LOG_QUIET);
    open_codec();
    open_file(file);
    frame_.reset(av_frame_alloc());
    packet_.reset(av_packet_alloc());
    frame_->format = AV_PIX_FMT_YUV420P;
    frame_->width = options.width;
    frame_->height = options.height;
    check(av_frame_get_buffer(frame_.get(), 0), "no memory for a frame");
  }

  void push(const Image& image) {
    PANTOMIME_CHECK(image.width == options_.width && image.height == options_.height,
                    "{}: frame {} has {} x {} pixels, expected {} x {}", name_, frames_,
                    image.width, image.height, options_.width, options_.height);
    PANTOMIME_CHECK(image.channels == 1 || image.channels == 3 || image.channels == 4,
                    "{}: frame {} has {} channels, expected 1, 3 or 4", name_, frames_,
                    image.channels);
    check(av_frame_make_writable(frame_.get()), "no memory for a frame");
    convert(image);
    frame_->pts = frames_++;
    encode(frame_.get());
  }

  void finish() {
    PANTOMIME_CHECK(frames_ > 0, "{}: a video needs at least one frame", name_);
    encode(nullptr);
    check(av_write_trailer(container_.get()), "can't write");
    check(avio_closep(&container_->pb), "can't write");
  }

 private:
  void check(int code, const char* what) const {
    if (code < 0) fail("{}: {}: {}", name_, what, reason(code));
  }

  void open_codec() {
    const AVCodec* codec = avcodec_find_encoder_by_name(options_.encoder.c_str());
    if (codec == nullptr || codec->id != AV_CODEC_ID_H264)
      fail("{}: this FFmpeg has no H.264 encoder called \"{}\"", name_, options_.encoder);
    codec_.reset(avcodec_alloc_context3(codec));
    AVCodecContext& c = *codec_;
    c.width = options_.width;
    c.height = options_.height;
    c.pix_fmt = AV_PIX_FMT_YUV420P;
    const AVRational rate = av_d2q(options_.fps, 100000);
    c.framerate = rate;
    c.time_base = av_inv_q(rate);
    c.color_range = AVCOL_RANGE_MPEG;
    c.colorspace = AVCOL_SPC_BT709;
    c.color_primaries = AVCOL_PRI_BT709;
    c.color_trc = AVCOL_TRC_IEC61966_2_1;
    c.thread_count = 1;  // the stream then doesn't depend on the machine
    c.flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "preset", options_.preset.c_str(), 0);
    av_dict_set_int(&settings, "crf", options_.quality, 0);
    const int opened = avcodec_open2(&c, codec, &settings);
    av_dict_free(&settings);
    check(opened, "can't start the H.264 encoder");
  }

  void open_file(const std::filesystem::path& file) {
    AVFormatContext* container = nullptr;
    check(avformat_alloc_output_context2(&container, nullptr, "mp4", file.c_str()),
          "no MP4 writer");
    container_.reset(container);
    container->flags |= AVFMT_FLAG_BITEXACT;
    stream_ = avformat_new_stream(container, nullptr);
    PANTOMIME_CHECK(stream_ != nullptr, "{}: out of memory", name_);
    check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()), "bad settings");
    stream_->time_base = codec_->time_base;
    stream_->avg_frame_rate = codec_->framerate;
    if (!options_.comment.empty())
      av_dict_set(&container->metadata, "comment", options_.comment.c_str(), 0);
    check(avio_open(&container->pb, file.c_str(), AVIO_FLAG_WRITE), "can't open");
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "movflags", "+faststart", 0);
    const int started = avformat_write_header(container, &settings);
    av_dict_free(&settings);
    check(started, "can't write");
  }

  void convert(const Image& image) {
    if (scaler_ == nullptr || channels_ != image.channels) {
      channels_ = image.channels;
      scaler_.reset(sws_getContext(image.width, image.height, pixel_format(channels_),
                                   options_.width, options_.height, AV_PIX_FMT_YUV420P,
                                   SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr,
                                   nullptr));
      PANTOMIME_CHECK(scaler_ != nullptr, "{}: can't convert colours", name_);
      const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
      sws_setColorspaceDetails(scaler_.get(), bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16);
    }
    // swscale reads some bytes past the end of a row; of the last one they would be anybody's.
    constexpr size_t kPast = 64;
    rows_.assign(image.pixels.size() + kPast, 0);
    std::copy(image.pixels.begin(), image.pixels.end(), rows_.begin());
    const std::array<const uint8_t*, 4> source = {rows_.data(), nullptr, nullptr, nullptr};
    const std::array<int, 4> stride = {image.width * image.channels, 0, 0, 0};
    sws_scale(scaler_.get(), source.data(), stride.data(), 0, image.height, frame_->data,
              frame_->linesize);
  }

  void encode(const AVFrame* frame) {
    check(avcodec_send_frame(codec_.get(), frame), "can't encode");
    for (;;) {
      const int got = avcodec_receive_packet(codec_.get(), packet_.get());
      if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
      check(got, "can't encode");
      packet_->duration = 1;
      av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      check(av_interleaved_write_frame(container_.get(), packet_.get()), "can't write");
    }
  }

  std::string name_;
  VideoOptions options_;
  Owned<AVCodecContext> codec_;
  Owned<AVFormatContext> container_;
  AVStream* stream_ = nullptr;
  Owned<AVFrame> frame_;
  Owned<AVPacket> packet_;
  Owned<SwsContext> scaler_;
  int channels_ = 0;
  std::vector<uint8_t> rows_;
  int64_t frames_ = 0;
};

}  // namespace

void write_video(const std::filesystem::path& path, const VideoOptions& options,
                 const std::function<void(const PushFrame&)>& produce) {
  PANTOMIME_CHECK(options.width >= 2 && options.height >= 2 && options.width % 2 == 0 &&
                      options.height % 2 == 0,
                  "{}: video of {} x {} pixels, expected even numbers from 2", path.string(),
                  options.width, options.height);
  PANTOMIME_CHECK(options.fps >= 1 && options.fps <= 1000,
                  "{}: {} frames per second, expected 1 to 1000", path.string(), options.fps);
  PANTOMIME_CHECK(options.quality >= 0 && options.quality <= 51, "{}: quality {}, expected 0 to 51",
                  path.string(), options.quality);
  // x264 itself would complain on the terminal.
  PANTOMIME_CHECK(std::find(kPresets.begin(), kPresets.end(), options.preset) != kPresets.end(),
                  "{}: x264 has no preset \"{}\", expected one of {}", path.string(),
                  options.preset, fmt::join(kPresets, ", "));
  write_file_with(path, [&](const std::filesystem::path& temporary) {
    Encoder encoder(temporary, path.string(), options);
    produce([&](const Image& image) { encoder.push(image); });
    encoder.finish();
  });
}

}  // namespace pantomime::render
