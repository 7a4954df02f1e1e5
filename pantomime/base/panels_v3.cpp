// Compiled with -mavx2 -mfma.
#if defined(__x86_64__)
#include "pantomime/base/panels_kernel.h"

namespace pantomime::panels {

void product_v3(const float* x, const float* panels, const float* bias, float* y, int64_t rows,
                int64_t out, int64_t in, int64_t first, int64_t last) {
  panel_product(x, panels, bias, y, rows, out, in, first, last);
}

}  // namespace pantomime::panels
#endif
