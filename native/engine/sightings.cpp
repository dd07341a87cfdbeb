#include "engine/sightings.h"

#include <cstdint>
#include <span>

#include "engine/npy.h"

namespace tiffin::learn {

std::size_t SaveCounts(const Sightings& sightings, const std::string& path) {
  NpyWriter file(path, kNpyType<std::uint32_t>, {});
  std::size_t size = 0;
  sightings.ForEachCount([&](std::uint32_t count) {
    file.Append(count);
    ++size;
  });
  file.Finish(size);
  return size;
}

void LoadCounts(Sightings& sightings, const Sightings::Head& head, const std::string& path, std::size_t count) {
  const NpyMap file(path, kNpyType<std::uint32_t>, count, {}, true);
  if (!sightings.SetHead(head)) return;
  for (const std::uint32_t one : std::span(file.as<std::uint32_t>(), count)) sightings.AddCount(one);
}

}  // namespace tiffin::learn
