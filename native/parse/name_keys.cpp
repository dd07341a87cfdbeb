#include "parse/name_keys.h"

namespace tiffin::learn {

NameKeyer ChosenNameKeyer() noexcept {
#if defined(__x86_64__)
  static const bool is_wide = __builtin_cpu_supports("avx512bw");
  if (is_wide) return avx512::KeysOfNames;
#endif
  return nullptr;
}

}  // namespace tiffin::learn
