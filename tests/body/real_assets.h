// The compiled MakeHuman body, opened once for all tests of a program.
#pragma once

#include <filesystem>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/body/body_assets.h"

namespace pantomime::test {

/// Throws Error that says how to get the file when it isn't there.
inline const body::BodyAssets& real_body() {
  static const body::BodyAssets assets = [] {
    const std::filesystem::path path = resource_path("assets/body.pantomime");
    if (!std::filesystem::exists(path))
      fail("{} is not there: tools/fetch_body makes it", path.string());
    return body::BodyAssets::open(path);
  }();
  return assets;
}

}  // namespace pantomime::test
