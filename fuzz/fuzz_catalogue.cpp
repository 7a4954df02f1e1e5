// Any bytes, taken as a furniture catalogue, end in models whose corners exist, or in one error.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/sweet_home.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pantomime;  // NOLINT: a program of one function
  // Catalogues are read from the disk, as a stream.
  static const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("pantomime-fuzz-" + std::to_string(::getpid()) + ".sh3f");
  write_file(path, {reinterpret_cast<const char*>(data), size});
  try {
    const formats::FurnitureCatalogue catalogue(path);
    for (const formats::FurnitureEntry& entry : catalogue.entries()) {
      try {
        for (const auto& [id, model] : catalogue.load({entry.id}, 64))
          for (const formats::ModelPiece& piece : model.pieces)
            for (const auto& triangle : piece.triangles)
              for (const uint32_t corner : triangle)
                if (corner >= piece.positions.size()) std::abort();
      } catch (const Error&) {
      }
    }
  } catch (const Error&) {
  }
  std::filesystem::remove(path);
  return 0;
}
