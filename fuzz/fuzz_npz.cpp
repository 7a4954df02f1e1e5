// Any bytes, taken as an array, an archive and an AMASS file, end in content or in one ParseError;
// what was read is written as the same content.
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/npz.h"

namespace formats = pantomime::formats;

namespace {

constexpr uint64_t kBudget = 8 << 20;

template <typename Call>
auto tried(const Call& call) -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (const pantomime::ParseError&) {
    return std::nullopt;
  }
}

void check_same(const formats::NpyArray& a, const formats::NpyArray& b) {
  if (a.type != b.type || a.shape != b.shape || a.bytes != b.bytes || a.texts != b.texts)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto array = tried([&] { return formats::parse_npy(bytes, "fuzz.npy"); }))
    check_same(*array, formats::parse_npy(formats::to_npy(*array), "written.npy"));
  const formats::NpzOptions options{.only = {}, .max_bytes = kBudget};
  if (const auto arrays = tried([&] { return formats::parse_npz(bytes, "fuzz.npz", options); })) {
    const formats::Npz back = formats::parse_npz(formats::to_npz(*arrays), "written.npz");
    if (back.size() != arrays->size()) std::abort();
    for (const auto& [name, array] : *arrays) check_same(array, back.at(name));
  }
  if (const auto amass = tried([&] { return formats::parse_amass(bytes, "fuzz.npz"); })) {
    amass->clip.validate();
    formats::parse_amass(formats::to_amass(*amass), "written.npz").clip.validate();
  }
  return 0;
}
