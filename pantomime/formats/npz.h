// NumPy arrays: .npy (one) and .npz (a zip of several).
// Source: numpy.lib.format, "NPY format", versions 1.0 to 3.0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/formats/zip.h"

namespace pantomime::formats {

/// Element types that are read and written. Objects (pickled Python) never are: they can run code.
enum class NpyType { F4, F8, I2, I4, I8, U1, Bool, Text };

/// One array, in C order (last index runs fastest).
struct NpyArray {
  NpyType type = NpyType::F4;
  std::vector<int64_t> shape;      ///< empty for a single value
  std::string bytes;               ///< little endian; empty for Text
  std::vector<std::string> texts;  ///< UTF-8, only for Text (NumPy's U, and S when reading)

  int64_t count() const;  ///< product of the shape
};

using Npz = std::map<std::string, NpyArray>;

/// Largest sum of unpacked bytes of an .npz by default: 1 GiB.
inline constexpr uint64_t kMaxNpzBytes = uint64_t{1} << 30;

/// What to do with arrays of pickled Python objects. They are never opened.
enum class NpyObjects { Refuse, LeaveOut };

/// Which arrays of an .npz to read, and how much they may unpack to.
struct NpzOptions {
  std::vector<std::string> only;  ///< names without ".npy"; empty: all
  uint64_t max_bytes = kMaxNpzBytes;
  NpyObjects objects = NpyObjects::Refuse;
};

/// Parses one array; Fortran order is turned to C order. `name` is used in errors. Throws
/// ParseError for a broken header, an element type that is not read, or data of another length than
/// the shape.
NpyArray parse_npy(std::string_view bytes, const std::string& name);
NpyArray read_npy(const std::filesystem::path& path);
std::string to_npy(const NpyArray& array);
void write_npy(const std::filesystem::path& path, const NpyArray& array);

/// Parses an archive of arrays; see parse_zip for the errors of the archive. Members that do not
/// end in ".npy" are left out.
Npz parse_npz(std::string_view bytes, const std::string& name, const NpzOptions& options = {});
Npz read_npz(const std::filesystem::path& path, const NpzOptions& options = {});
/// Same content gives the same bytes.
std::string to_npz(const Npz& arrays, ZipMethod method = ZipMethod::Deflated);
void write_npz(const std::filesystem::path& path, const Npz& arrays,
               ZipMethod method = ZipMethod::Deflated);

/// Arrays from values; throw Error when the number of values is not the product of the shape.
NpyArray npy_of(std::vector<int64_t> shape, std::span<const float> values);
NpyArray npy_of(std::vector<int64_t> shape, std::span<const double> values);
NpyArray npy_of(std::vector<int64_t> shape, std::span<const int64_t> values);
NpyArray npy_of(std::vector<int64_t> shape, std::span<const int16_t> values);
NpyArray npy_of(double value);             ///< one F8
NpyArray npy_of(const std::string& text);  ///< one Text

/// Elements [first, first + count) of the first of one or more indices.
NpyArray rows_of(const NpyArray& array, int64_t first, int64_t count);

/// All values as doubles, in C order. Throws Error naming `what` for Text.
std::vector<double> doubles_of(const NpyArray& array, const std::string& what);

}  // namespace pantomime::formats
