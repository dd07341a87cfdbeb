#include "parse/find_stops.h"

#include <string_view>

namespace tiffin::learn {

StopFinder FindStopFinder(const char* name) noexcept {
  const std::string_view wanted(name);
#if defined(__x86_64__)
  if (wanted == "avx512" && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") &&
      __builtin_cpu_supports("bmi2")) {
    return avx512::FindStops;
  }
  if (wanted == "avx2" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt")) {
    return avx2::FindStops;
  }
#endif
  return wanted == "base" ? base::FindStops : nullptr;
}

StopFinder ChosenStopFinder() noexcept {
  static const StopFinder chosen = [] {
    for (const char* const name : {"avx512", "avx2"}) {
      if (const StopFinder found = FindStopFinder(name)) return found;
    }
    return FindStopFinder("base");
  }();
  return chosen;
}

}  // namespace tiffin::learn
