// Inputs of tests/golden/metrics.json, spelt out as in tools/golden/metrics.py.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "pantomime/motion/clip.h"
#include "support.h"

namespace pantomime::metrics {

inline nlohmann::json golden() {
  return nlohmann::json::parse(
      std::ifstream(test::test_data("").parent_path().parent_path() / "golden/metrics.json"));
}

inline at::Tensor golden_rows(int64_t n, int64_t d, double a) {
  at::Tensor rows = at::empty({n, d}, at::kDouble);
  auto cell = rows.accessor<double, 2>();
  for (int64_t r = 0; r < n; ++r) {
    for (int64_t c = 0; c < d; ++c) {
      const double i = static_cast<double>(r) + 1, j = static_cast<double>(c) + 1;
      cell[r][c] =
          std::sin(a * std::pow(i, 1.5) + 1.7 * j) + 0.3 * std::cos(i * (j + 1) * a) + a / 10;
    }
  }
  return rows;
}

inline std::vector<motion::Vec3> golden_walk() {
  std::vector<motion::Vec3> positions;
  for (int frame = 0; frame < 90; ++frame) {
    for (int joint = 0; joint < 22; ++joint) {
      const double f = frame, j = joint;
      positions.push_back(
          {static_cast<float>(0.02 * f + 0.3 * std::sin(0.11 * f + j)),
           static_cast<float>(0.04 + 0.08 * (joint % 10) + 0.06 * std::sin(0.17 * f + 2 * j)),
           static_cast<float>(0.01 * f + 0.2 * std::cos(0.07 * f * (1 + j / 30)) + 0.05 * j)});
    }
  }
  return positions;
}

}  // namespace pantomime::metrics
