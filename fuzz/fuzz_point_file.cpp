// Any bytes, taken as every kind of file of points, end in valid points or in one ParseError.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/point_file.h"

namespace formats = pantomime::formats;
using formats::PointKind;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"a.json", "a.csv", "a.npy"}) formats::point_kind(name, bytes);
  for (const PointKind kind :
       {PointKind::C3d, PointKind::Ntu, PointKind::Video, PointKind::Csv, PointKind::HumanMl3d})
    try {
      const auto people =
          formats::parse_point_file(bytes, "fuzz", kind, {.aspect = 1.5, .picture = true});
      if (people.empty()) std::abort();
      for (const formats::PointsOfPerson& person : people) person.points.validate();
    } catch (const pantomime::ParseError&) {
    }
  return 0;
}
