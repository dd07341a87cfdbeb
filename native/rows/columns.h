// Keys as columns of a matrix: numbers from 0 on, for models that need them dense.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tiffin::learn {

// The keys that occur at least so many times, ascending.
std::vector<std::uint64_t> CommonKeys(std::span<const std::uint64_t> keys, std::uint64_t least);

// A matrix in compressed rows whose columns ascend within each row.
struct Columned {
  std::vector<std::int64_t> begins;
  std::vector<std::int32_t> columns;
  std::vector<float> values;
};

// Names each key by its place in `known`, which ascends; keys that are not there are left out, and those that a row has
// twice are added up.  REQUIRES: known.size() < 2^31.
Columned ToColumns(std::span<const std::int64_t> begins, std::span<const std::uint64_t> keys,
                   std::span<const float> values, std::span<const std::uint64_t> known);

}  // namespace tiffin::learn
