#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "batch/object.h"
#include "batch/threads.h"

namespace tiffin {
namespace {

constexpr std::size_t kPrefixes = 256;
// From this many asked of one directory, listing it is cheaper than asking ...
constexpr std::size_t kListFrom = 32;
// ... unless it holds this many times more than was asked.
constexpr std::size_t kListRatio = 16;

using Items = std::span<const std::size_t>;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

// An object's id without its first byte, which is the name of its directory.
using Tail = std::array<std::uint8_t, 15>;
constexpr std::size_t kTailHex = 30;

Tail TailOf(const Digest& digest) noexcept {
  Tail tail;
  std::copy(digest.begin() + 1, digest.end(), tail.begin());
  return tail;
}

// False unless `name` is that of an object with this suffix.
bool ParseTail(std::string_view name, std::string_view suffix, Tail& tail) noexcept {
  if (name.size() != kTailHex + suffix.size() || !name.ends_with(suffix)) return false;
  std::array<char, 32> hex{'0', '0'};
  name.copy(hex.data() + 2, kTailHex);
  Digest digest;
  if (!FromHex({hex.data(), hex.size()}, digest)) return false;
  tail = TailOf(digest);
  return true;
}

// The objects in a directory, sorted; false where it holds more than `most` names, or cannot be listed.
bool List(int store, const std::string& path, const std::string& suffix, std::size_t most, std::vector<Tail>& tails) {
  tails.clear();
  std::size_t names = 0;
  Descriptor opened = OpenAt(store, path.c_str(), O_RDONLY | O_DIRECTORY);
  if (!opened) return false;
  const std::unique_ptr<DIR, CloseDirectory> directory(fdopendir(opened.get()));
  if (directory == nullptr) return false;
  opened.Release();  // closed with `directory`
  while (const dirent* entry = readdir(directory.get())) {
    if (names++ == most) return false;
    Tail tail;
    if (ParseTail(entry->d_name, suffix, tail)) tails.push_back(tail);
  }
  std::ranges::sort(tails);
  return true;
}

void AskOneByOne(int store, std::span<const Digest> digests, const std::string& suffix, Items items,
                 std::span<std::uint8_t> present) {
  for (const std::size_t item : items) {
    Stat stat;
    present[item] = StatAt(store, ObjectPath(digests[item], suffix).c_str(), false, stat) == kOk;
  }
}

// False for an empty object whose id is not that of no bytes.
bool HasBytes(const Stat& stat, const Digest& digest) {
  constexpr Digest kNothing{0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04,
                            0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e};
  return stat.size > 0 || digest == kNothing;
}

// Calls work(item) for all items, on several threads.
template <typename Work>
void InBlocks(std::size_t items, int threads, const Work& work) {
  constexpr std::size_t kBlock = 64;
  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(threads, items / kBlock), [&](int) {
    for (std::size_t begin; (begin = next.fetch_add(kBlock, std::memory_order_relaxed)) < items;) {
      for (std::size_t item = begin; item < std::min(begin + kBlock, items); ++item) work(item);
    }
  });
}

}  // namespace

void PresentObjects(int store, std::span<const Digest> digests, const std::string& suffix,
                    std::span<std::uint8_t> present, int threads) {
  // The items in the order of their prefixes, and where each prefix begins.
  std::array<std::size_t, kPrefixes + 1> begins{};
  for (const Digest& digest : digests) ++begins[digest[0] + 1u];
  for (std::size_t prefix = 0; prefix < kPrefixes; ++prefix) begins[prefix + 1] += begins[prefix];
  std::vector<std::size_t> order(digests.size());
  std::array<std::size_t, kPrefixes + 1> ends = begins;
  for (std::size_t item = 0; item < digests.size(); ++item) order[ends[digests[item][0]]++] = item;

  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(threads, digests.size() / kListFrom), [&](int) {
    std::vector<Tail> tails;
    for (std::size_t prefix; (prefix = next.fetch_add(1, std::memory_order_relaxed)) < kPrefixes;) {
      const Items items = Items(order).subspan(begins[prefix], begins[prefix + 1] - begins[prefix]);
      if (items.empty()) continue;
      const ObjectPath first(digests[items[0]], suffix);
      if (items.size() < kListFrom || !List(store, first.prefix(), suffix, kListRatio * items.size(), tails)) {
        AskOneByOne(store, digests, suffix, items, present);
        continue;
      }
      for (const std::size_t item : items) present[item] = std::ranges::binary_search(tails, TailOf(digests[item]));
    }
  });
}

void PresentWhole(int store, int source, std::span<const Digest> digests, const std::string& suffix,
                  std::span<std::uint8_t> present, int threads) {
  InBlocks(digests.size(), threads, [&](std::size_t item) {
    const ObjectPath path(digests[item], suffix);
    Stat there;
    Stat here;
    present[item] = StatAt(store, path.c_str(), false, there) == kOk && HasBytes(there, digests[item]);
    if (present[item] == 0 || source < 0 || !MayBeCutOff(there)) return;
    if (StatAt(source, path.c_str(), false, here) == kOk && here.size != there.size) present[item] = 0;
  });
}

void PresentInSize(int store, std::span<const Digest> digests, std::span<const std::int64_t> sizes,
                   std::span<std::uint8_t> present, int threads) {
  InBlocks(digests.size(), threads, [&](std::size_t item) {
    Stat stat;
    const bool there = StatAt(store, ObjectPath(digests[item], "").c_str(), false, stat) == kOk;
    present[item] = there && (sizes[item] < 0 ? HasBytes(stat, digests[item]) : sizes[item] == stat.size);
  });
}

void SizeObjects(int store, std::span<const Digest> digests, std::span<std::int64_t> sizes, int threads) {
  InBlocks(digests.size(), threads, [&](std::size_t item) {
    Stat stat;
    sizes[item] = StatAt(store, ObjectPath(digests[item], "").c_str(), true, stat) == kOk ? stat.size : -1;
  });
}

}  // namespace tiffin
