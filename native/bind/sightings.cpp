// What tables count to admit and to forget keys, for who writes tables down.
#include "engine/sightings.h"

#include <limits>
#include <stdexcept>

#include "bind/learn.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;

std::uint64_t In(const nb::dict& found, const char* name) {
  std::uint64_t number = 0;
  if (!found.contains(name) || !nb::try_cast(found[name], number)) {
    throw std::invalid_argument("'" + std::string(name) + "' of the sightings is no count");
  }
  return number;
}

}  // namespace

nb::object SaveSightings(Sightings* sightings, const Path& path) {
  if (sightings == nullptr) return nb::none();
  std::size_t count = 0;
  {
    const nb::gil_scoped_release release;
    count = SaveCounts(*sightings, path.bytes);
  }
  const Sightings::Head head = sightings->head();
  nb::dict found;
  found["counts"] = count;
  found["unlooked"] = head.unlooked;
  found["cells"] = head.cells;
  found["newest"] = head.newest;
  found["used"] = head.used;
  return found;
}

void LoadSightings(Sightings* sightings, const Path& path, const nb::dict& found) {
  if (sightings == nullptr) return;
  const std::uint64_t unlooked = In(found, "unlooked");
  if (unlooked > std::numeric_limits<std::uint32_t>::max()) throw std::invalid_argument("sightings of no table");
  const Sightings::Head head{static_cast<std::uint32_t>(unlooked), In(found, "cells"), In(found, "newest"),
                             In(found, "used")};
  const std::uint64_t count = In(found, "counts");
  const nb::gil_scoped_release release;
  LoadCounts(*sightings, head, path.bytes, count);
}

}  // namespace tiffin::bind
