#include "engine/sightings.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "engine/npy.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kRead = 1 << 16;  // counts that are read at once

}  // namespace

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
  NpyArray file(path, kNpyType<std::uint32_t>, count, {}, false);
  if (!sightings.SetHead(head)) return;
  for (std::size_t done = 0; done < count; done += kRead) {
    const std::size_t some = std::min(kRead, count - done);
    file.Hold(done, some);
    for (const std::uint32_t one : std::span(file.at<std::uint32_t>(done), some)) sightings.AddCount(one);
  }
}

}  // namespace tiffin::learn
