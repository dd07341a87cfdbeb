// Stores of DVC 2: objects named by hash/legacy.h.  The conventions are those of batch/batch.h.
//
// These are simple loops, a file at a time on each thread: a repository leaves this layout for good with its first
// changes.
#pragma once

#include "batch/batch.h"

namespace tiffin {

void HashLegacy(int root, std::span<const std::string> paths, std::span<Digest> digests, std::span<Stat> stats,
                std::span<int> outcomes, int threads, Control& control);

// Puts files into the store under the ids given; kChangedMeanwhile for one that has another by now.
void StoreLegacy(int root, std::span<const std::string> paths, int store, std::span<const Digest> digests,
                 std::span<int> outcomes, int threads, Control& control);

// Like PlaceObjects; every object is hashed on the way, also one that is only linked.
void PlaceLegacy(int store, std::span<const Digest> digests, int root, std::span<const std::string> paths,
                 std::span<const std::uint8_t> executable, std::span<const Link> links, std::span<Stat> stats,
                 std::span<int> outcomes, int threads, Control& control);

// Like TransferObjects.
void TransferLegacy(int from, int to, std::span<const Digest> digests, std::span<int> outcomes, int threads,
                    Control& control);

}  // namespace tiffin
