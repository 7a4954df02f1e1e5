// Any bytes, taken as MediaPipe's JSON, OpenPose's JSON, a CSV of points and a compressed file, end
// in valid points or in one ParseError; points are written as CSV and read as many.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/point_table.h"
#include "pantomime/formats/points_json.h"

namespace formats = pantomime::formats;

namespace {

template <typename Call>
void check(const Call& call) {
  pantomime::motion::PointRecording points;
  try {
    points = call();
  } catch (const pantomime::ParseError&) {
    return;
  }
  points.validate();
  std::string text;
  try {
    text = formats::to_points_csv(points);
  } catch (const pantomime::Error&) {
    return;  // names that CSV would need quotes for
  }
  try {
    if (formats::parse_points_csv(text, "written.csv", points.fps).frame_count() !=
        points.frame_count())
      std::abort();
  } catch (const pantomime::ParseError&) {
    // Names may be alike with the endings of columns.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check([&] { return formats::parse_mediapipe(text, "fuzz.json").points; });
  check([&] { return formats::parse_openpose({{"fuzz.json", std::string(text)}}).points; });
  check([&] { return formats::parse_points_csv(text, "fuzz.csv"); });
  try {
    formats::decompressed(text, "fuzz.gz", 1 << 20);
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
