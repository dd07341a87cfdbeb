#include "engine/kernels.h"

#include <string_view>

namespace tiffin::learn {

std::size_t HeadWidth(const ModelSettings& settings) noexcept {
  const auto vector = static_cast<std::size_t>(settings.size * (1 + StatesOf(settings.latent)));
  switch (settings.score) {
    case ScoreKind::kFm:
      return kLinearFloats + vector;
    case ScoreKind::kFfm:
      return FfmFirst(vector) + settings.fields * vector;
    default:
      return static_cast<std::size_t>(1 + StatesOf(settings.linear));
  }
}

const Kernels* FindKernels(const char* name) noexcept {
  const std::string_view wanted(name);
#if defined(__x86_64__)
  if (wanted == "avx512" && __builtin_cpu_supports("avx512f")) return &avx512::kKernels;
  if (wanted == "avx2" && __builtin_cpu_supports("avx2")) return &avx2::kKernels;
#endif
  return wanted == "base" ? &base::kKernels : nullptr;
}

const Kernels& ChosenKernels() noexcept {
  static const Kernels& chosen = [] () -> const Kernels& {
    for (const char* const name : {"avx512", "avx2"}) {
      if (const Kernels* const found = FindKernels(name)) return *found;
    }
    return base::kKernels;
  }();
  return chosen;
}

}  // namespace tiffin::learn
