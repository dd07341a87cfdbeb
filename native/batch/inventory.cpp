#include "batch/inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <memory>
#include <mutex>
#include <string_view>

#include "batch/object.h"
#include "batch/threads.h"
#include "files/fault.h"

namespace tiffin {
namespace {

constexpr std::string_view kListing = ".dir";
constexpr std::size_t kTailHex = 30;
// Objects taken in one go by a thread; enough that they do not wait for each other.
constexpr std::size_t kPortion = 256;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// Null where there is none.
Directory OpenDirectoryAt(int parent, const std::string& path) {
  Descriptor opened = OpenAt(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened && errno == ENOENT) return nullptr;
  if (!opened) throw SystemFault(errno, path);
  Directory directory(fdopendir(opened.get()));
  if (directory == nullptr) throw SystemFault(errno, path);
  opened.Release();  // closed with `directory`
  return directory;
}

// Calls each(name) for all but "." and "..".
template <typename Each>
void ForEachName(DIR* directory, const std::string& path, Each each) {
  while (true) {
    errno = 0;
    const dirent* entry = readdir(directory);
    if (entry == nullptr) {
      if (errno != 0) throw SystemFault(errno, path);
      return;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") each(name);
  }
}

bool IsPrefix(std::string_view name) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return name.size() == 2 && name.find_first_not_of(kDigits) == std::string_view::npos;
}

// False unless prefix/name is an object; upper-case digits are none.
bool ParseObject(std::string_view prefix, std::string_view name, Digest& digest, bool& listing) noexcept {
  listing = name.ends_with(kListing);
  if (listing) name.remove_suffix(kListing.size());
  if (name.size() != kTailHex || std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'F'; })) return false;
  std::array<char, 2 + kTailHex> hex;
  std::ranges::copy(prefix, hex.begin());
  std::ranges::copy(name, hex.begin() + 2);
  return FromHex({hex.data(), hex.size()}, digest);
}

void ListPrefix(int store, const std::string& prefix, Inventory& found, Control& control) {
  const Directory directory = OpenDirectoryAt(store, prefix);
  if (directory == nullptr) return;
  ForEachName(directory.get(), prefix, [&](std::string_view name) {
    Found object;
    bool listing = false;
    if (!ParseObject(prefix, name, object.digest, listing)) {
      found.others.push_back(prefix + '/' + std::string(name));
      return;
    }
    const int outcome = StatAt(dirfd(directory.get()), std::string(name).c_str(), false, object.stat);
    if (outcome == ENOENT) return;
    if (outcome != kOk) throw SystemFault(outcome, prefix + '/' + std::string(name));
    (listing ? found.listings : found.files).push_back(object);
    control.files.fetch_add(1, std::memory_order_relaxed);
  });
}

void Append(Inventory& to, Inventory&& from) {
  std::ranges::move(from.files, std::back_inserter(to.files));
  std::ranges::move(from.listings, std::back_inserter(to.listings));
  std::ranges::move(from.others, std::back_inserter(to.others));
}

int Remove(int store, const ObjectPath& path, std::int64_t before_ns) {
  Stat stat;
  if (const int outcome = StatAt(store, path.c_str(), false, stat); outcome != kOk) return outcome;
  if (stat.ctime_ns >= before_ns) return kKept;
  return unlinkat(store, path.c_str(), 0) == 0 ? kOk : errno;
}

}  // namespace

Inventory ListStore(int store, int threads, Control& control) {
  Inventory all;
  std::vector<std::string> prefixes;
  const Directory top = OpenDirectoryAt(store, ".");
  if (top == nullptr) return all;
  ForEachName(top.get(), ".", [&](std::string_view name) {
    Stat stat;
    if (StatAt(store, std::string(name).c_str(), false, stat) != kOk) return;
    const bool directory = S_ISDIR(stat.mode);
    (directory && IsPrefix(name) ? prefixes : all.others).emplace_back(name);
  });
  std::atomic<std::size_t> next{0};
  std::mutex joining;
  OnWorkers(WorkerCount(threads, prefixes.size()), [&](int) {
    Inventory mine;
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < prefixes.size() && !control.stop;) {
      ListPrefix(store, prefixes[i], mine, control);
    }
    const std::scoped_lock lock(joining);
    Append(all, std::move(mine));
  });
  std::ranges::sort(all.files, {}, &Found::digest);
  std::ranges::sort(all.listings, {}, &Found::digest);
  std::ranges::sort(all.others);
  return all;
}

void RemoveObjects(int store, std::span<const Digest> digests, const std::string& suffix, std::int64_t before_ns,
                   std::span<int> outcomes, int threads, Control& control) {
  std::ranges::fill(outcomes, kStopped);
  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(threads, digests.size() / kPortion), [&](int) {
    for (std::size_t begin; (begin = next.fetch_add(kPortion, std::memory_order_relaxed)) < digests.size();) {
      const std::size_t end = std::min(begin + kPortion, digests.size());
      for (std::size_t i = begin; i < end && !control.stop; ++i) {
        outcomes[i] = Remove(store, ObjectPath(digests[i], suffix), before_ns);
        control.files.fetch_add(1, std::memory_order_relaxed);
      }
    }
  });
}

}  // namespace tiffin
