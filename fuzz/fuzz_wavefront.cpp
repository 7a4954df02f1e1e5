// Any bytes, taken as a model, as its materials and as a list of furniture, end in triangles whose
// corners exist, or in one ParseError.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/sweet_home.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pantomime;  // NOLINT: a program of one function
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto side = [&](const std::string&) { return std::string(bytes); };
  const auto picture = [](const std::string&) { return std::shared_ptr<const Image>(); };
  try {
    const formats::Model3d model = formats::parse_obj(bytes, "fuzz", side, picture);
    for (const formats::ModelPiece& piece : model.pieces) {
      if (static_cast<size_t>(piece.material) >= model.materials.size()) std::abort();
      for (const auto& triangle : piece.triangles)
        for (const uint32_t corner : triangle)
          if (corner >= piece.positions.size() || corner >= piece.normals.size()) std::abort();
    }
  } catch (const ParseError&) {
  }
  try {
    formats::parse_furniture_list(bytes, "fuzz");
  } catch (const ParseError&) {
  }
  return 0;
}
