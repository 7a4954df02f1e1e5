#include "pantomime/diffusion/kernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "pantomime/base/error.h"
#include "pantomime/diffusion/rows.h"

namespace pantomime::diffusion {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

bool fast(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat;
}
float* data(at::Tensor& x) {
  return x.data_ptr<float>();
}
const float* data(const at::Tensor& x) {
  return x.data_ptr<float>();
}

/// Clips of a batch are shared among threads; one clip is one unit because gradients of its
/// modulation are sums over its tokens.
template <typename Body>
void for_each_clip(int64_t batch, const Body& body) {
  at::parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) body(b);
  });
}

struct ModulatedNorm : Function<ModulatedNorm> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x_in,
                            const at::Tensor& shift_in, const at::Tensor& scale_in) {
    const at::Tensor x = x_in.contiguous(), shift = shift_in.contiguous(),
                     scale = scale_in.contiguous();
    const int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
    at::Tensor y = at::empty_like(x), stats = at::empty({batch, tokens, 2}, x.options());
    for_each_clip(batch, [&](int64_t b) {
      for (int64_t n = 0; n < tokens; ++n) {
        const int64_t row = b * tokens + n;
        rows::norm_forward(data(x) + row * width, data(shift) + b * width, data(scale) + b * width,
                           data(y) + row * width, width, data(stats) + 2 * row,
                           data(stats) + 2 * row + 1);
      }
    });
    ctx->save_for_backward({x, scale, stats});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& scale = saved[1];
    const at::Tensor& stats = saved[2];
    const at::Tensor dy = grads[0].contiguous();
    const int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
    at::Tensor dx = at::empty_like(x), dshift = at::zeros_like(scale),
               dscale = at::zeros_like(scale);
    for_each_clip(batch, [&](int64_t b) {
      for (int64_t n = 0; n < tokens; ++n) {
        const int64_t row = b * tokens + n;
        rows::norm_backward(data(x) + row * width, data(scale) + b * width, data(dy) + row * width,
                            data(stats)[2 * row], data(stats)[2 * row + 1], data(dx) + row * width,
                            data(dshift) + b * width, data(dscale) + b * width, width);
      }
    });
    return {dx, dshift, dscale};
  }
};

struct GatedAdd : Function<GatedAdd> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x_in, const at::Tensor& gate_in,
                            const at::Tensor& y_in) {
    const at::Tensor x = x_in.contiguous(), gate = gate_in.contiguous(), y = y_in.contiguous();
    const int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
    at::Tensor out = at::empty_like(x);
    for_each_clip(batch, [&](int64_t b) {
      for (int64_t row = b * tokens; row < (b + 1) * tokens; ++row)
        rows::gated_forward(data(x) + row * width, data(gate) + b * width, data(y) + row * width,
                            data(out) + row * width, width);
    });
    ctx->save_for_backward({gate, y});
    return out;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor& gate = saved[0];
    const at::Tensor& y = saved[1];
    const at::Tensor d = grads[0].contiguous();
    const int64_t batch = y.size(0), tokens = y.size(1), width = y.size(2);
    at::Tensor dy = at::empty_like(y), dgate = at::zeros_like(gate);
    for_each_clip(batch, [&](int64_t b) {
      for (int64_t row = b * tokens; row < (b + 1) * tokens; ++row)
        rows::gated_backward(data(gate) + b * width, data(y) + row * width, data(d) + row * width,
                             data(dy) + row * width, data(dgate) + b * width, width);
    });
    return {d, dgate, dy};
  }
};

struct Gelu : Function<Gelu> {
  static constexpr int64_t kChunk = 4096;  // 16 KB: a chunk stays in the first-level cache
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x_in) {
    const at::Tensor x = x_in.contiguous();
    at::Tensor y = at::empty_like(x);
    at::parallel_for(0, x.numel(), kChunk, [&](int64_t begin, int64_t end) {
      rows::gelu_forward(data(x) + begin, data(y) + begin, end - begin);
    });
    ctx->save_for_backward({x});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const at::Tensor x = ctx->get_saved_variables()[0];
    const at::Tensor dy = grads[0].contiguous();
    at::Tensor dx = at::empty_like(x);
    at::parallel_for(0, x.numel(), kChunk, [&](int64_t begin, int64_t end) {
      rows::gelu_backward(data(x) + begin, data(dy) + begin, data(dx) + begin, end - begin);
    });
    return {dx};
  }
};

/// One head of one clip at a time: everything fits in the second-level cache.
struct Attention : Function<Attention> {
  struct Shape {
    int64_t batch, tokens, width, heads, size, half;
  };
  static Shape shape_of(const at::Tensor& qkv, int64_t heads) {
    const int64_t width = qkv.size(2) / 3;
    return {qkv.size(0), qkv.size(1), width, heads, width / heads, width / heads / 2};
  }
  /// Copies head h of q (part 0), k (1) or v (2) of clip b to [N, size]; q and k turned.
  static void gather(const Shape& s, const float* qkv, int64_t b, int64_t h, int64_t part,
                     const float* cosine, const float* sine, float* out) {
    for (int64_t n = 0; n < s.tokens; ++n) {
      const float* in = qkv + ((b * s.tokens + n) * 3 + part) * s.width + h * s.size;
      float* to = out + n * s.size;
      if (part == 2) {
        std::copy_n(in, s.size, to);
        continue;
      }
      for (int64_t i = 0; i < s.half; ++i) {
        const float c = cosine[n * s.half + i], w = sine[n * s.half + i];
        to[i] = in[i] * c - in[i + s.half] * w;
        to[i + s.half] = in[i] * w + in[i + s.half] * c;
      }
    }
  }
  static void scatter(const Shape& s, const float* from, int64_t b, int64_t h, int64_t part,
                      const float* cosine, const float* sine, float* dqkv) {
    for (int64_t n = 0; n < s.tokens; ++n) {
      float* out = dqkv + ((b * s.tokens + n) * 3 + part) * s.width + h * s.size;
      const float* in = from + n * s.size;
      if (part == 2) {
        std::copy_n(in, s.size, out);
        continue;
      }
      for (int64_t i = 0; i < s.half; ++i) {  // the transpose of a turn is the turn back
        const float c = cosine[n * s.half + i], w = sine[n * s.half + i];
        out[i] = in[i] * c + in[i + s.half] * w;
        out[i + s.half] = -in[i] * w + in[i + s.half] * c;
      }
    }
  }
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& qkv_in, int64_t heads,
                            const at::Tensor& mask_in) {
    const at::Tensor qkv = qkv_in.contiguous();
    const at::Tensor mask = mask_in.contiguous();
    const Shape s = shape_of(qkv, heads);
    at::Tensor cosine, sine;
    rotary_table(s.tokens, s.half, cosine, sine);
    at::Tensor out = at::empty({s.batch, s.tokens, s.width}, qkv.options());
    at::Tensor weights = at::empty({s.batch, s.heads, s.tokens, s.tokens}, qkv.options());
    const bool* keep = mask.data_ptr<bool>();
    const float scale = 1.0f / std::sqrt(static_cast<float>(s.size));
    at::parallel_for(0, s.batch * s.heads, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> q(static_cast<size_t>(s.tokens * s.size)), k(q), v(q), o(q);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t b = i / s.heads, h = i % s.heads;
        gather(s, data(qkv), b, h, 0, data(cosine), data(sine), q.data());
        gather(s, data(qkv), b, h, 1, data(cosine), data(sine), k.data());
        gather(s, data(qkv), b, h, 2, nullptr, nullptr, v.data());
        float* p = data(weights) + i * s.tokens * s.tokens;
        rows::product_nt(q.data(), k.data(), p, s.tokens, s.tokens, s.size, scale);
        for (int64_t n = 0; n < s.tokens; ++n)
          rows::softmax(p + n * s.tokens, keep + b * s.tokens, s.tokens);
        rows::product_nn(p, v.data(), o.data(), s.tokens, s.size, s.tokens, 1);
        for (int64_t n = 0; n < s.tokens; ++n)
          std::copy_n(o.data() + n * s.size, s.size,
                      data(out) + (b * s.tokens + n) * s.width + h * s.size);
      }
    });
    ctx->save_for_backward({qkv, weights, cosine, sine});
    ctx->saved_data["heads"] = heads;
    return out;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor& qkv = saved[0];
    const at::Tensor& weights = saved[1];
    const at::Tensor& cosine = saved[2];
    const at::Tensor& sine = saved[3];
    const at::Tensor d = grads[0].contiguous();
    const Shape s = shape_of(qkv, ctx->saved_data["heads"].toInt());
    at::Tensor dqkv = at::empty_like(qkv);
    const float scale = 1.0f / std::sqrt(static_cast<float>(s.size));
    at::parallel_for(0, s.batch * s.heads, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> q(static_cast<size_t>(s.tokens * s.size)), k(q), v(q), g(q), out(q);
      std::vector<float> dp(static_cast<size_t>(s.tokens * s.tokens));
      for (int64_t i = begin; i < end; ++i) {
        const int64_t b = i / s.heads, h = i % s.heads;
        gather(s, data(qkv), b, h, 0, data(cosine), data(sine), q.data());
        gather(s, data(qkv), b, h, 1, data(cosine), data(sine), k.data());
        gather(s, data(qkv), b, h, 2, nullptr, nullptr, v.data());
        for (int64_t n = 0; n < s.tokens; ++n)
          std::copy_n(data(d) + (b * s.tokens + n) * s.width + h * s.size, s.size,
                      g.data() + n * s.size);
        const float* p = data(weights) + i * s.tokens * s.tokens;
        rows::product_tn(p, g.data(), out.data(), s.tokens, s.tokens, s.size, 1);
        scatter(s, out.data(), b, h, 2, nullptr, nullptr, data(dqkv));
        rows::product_nt(g.data(), v.data(), dp.data(), s.tokens, s.tokens, s.size, 1);
        for (int64_t n = 0; n < s.tokens; ++n) {
          const float* pr = p + n * s.tokens;
          float* dr = dp.data() + n * s.tokens;
          float sum = 0;
          for (int64_t m = 0; m < s.tokens; ++m) sum += pr[m] * dr[m];
          for (int64_t m = 0; m < s.tokens; ++m) dr[m] = pr[m] * (dr[m] - sum);
        }
        rows::product_nn(dp.data(), k.data(), out.data(), s.tokens, s.size, s.tokens, scale);
        scatter(s, out.data(), b, h, 0, data(cosine), data(sine), data(dqkv));
        rows::product_tn(dp.data(), q.data(), out.data(), s.tokens, s.tokens, s.size, scale);
        scatter(s, out.data(), b, h, 1, data(cosine), data(sine), data(dqkv));
      }
    });
    return {dqkv, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale) {
  return fast(x) ? ModulatedNorm::apply(x, shift, scale) : plain::modulated_norm(x, shift, scale);
}

at::Tensor gated_add(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  return fast(x) ? GatedAdd::apply(x, gate, y) : plain::gated_add(x, gate, y);
}

at::Tensor gelu_tanh(const at::Tensor& x) {
  return fast(x) ? Gelu::apply(x) : plain::gelu_tanh(x);
}

at::Tensor attention(const at::Tensor& qkv, int64_t heads, const at::Tensor& mask) {
  PANTOMIME_CHECK(qkv.dim() == 3 && qkv.size(2) % (6 * heads) == 0,
                  "attention: expected [B, N, 3 x {} x even], last is {}", heads, qkv.size(-1));
  if (!fast(qkv)) return plain::attention(qkv, heads, mask);
  // Autograd functions don't take undefined tensors.
  const at::Tensor keep =
      mask.defined() ? mask : at::ones({qkv.size(0), qkv.size(1)}, at::TensorOptions(at::kBool));
  return Attention::apply(qkv, heads, keep);
}

}  // namespace pantomime::diffusion
