// The loops over examples, built once for each kind of processor and chosen when the program runs.
//
// All engines give the same bits: they differ in how many numbers go through at once, not in the order of additions,
// and none joins a product and a sum into one rounding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/model.h"

namespace tiffin::learn {

// One example scored, and one updated.  `sums`: settings.size floats between the two.
struct Kernels {
  const char* name;
  float (*score)(const ModelSettings& settings, const Example& example, float* sums);
  void (*update)(const ModelSettings& settings, const Example& example, const float* sums, float slope);
};

// The best for this processor.  Thread-safe.
const Kernels& ChosenKernels() noexcept;
// By name: "base", "avx2", "avx512"; nullptr where this processor cannot run it.
const Kernels* FindKernels(const char* name) noexcept;

namespace base {
extern const Kernels kKernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
#endif

}  // namespace tiffin::learn
