#include "rows/columns.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "rows/key.h"

namespace tiffin::learn {
namespace {

// What is known of keys, by open addressing; at least half of the places are free.
class KeyMap {
 public:
  explicit KeyMap(std::size_t size) : places_(std::bit_ceil(2 * size + 2)) {}

  // What there is of a key, which is 0 at first; until the next call.
  std::uint64_t& operator[](std::uint64_t key) {
    if (2 * (used_ + 1) > places_.size()) Grow();
    Place& place = At(key);
    if (!place.used) {
      place = {key, 0, true};
      ++used_;
    }
    return place.value;
  }
  // 0: there is none.
  std::uint64_t Find(std::uint64_t key) { return At(key).value; }

  template <typename F>
  void ForEach(F f) const {
    for (const Place& place : places_) {
      if (place.used) f(place.key, place.value);
    }
  }

 private:
  struct Place {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    bool used = false;
  };

  // The place of a key, or the free one where it would be.
  Place& At(std::uint64_t key) {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = Mix(key) & mask;
    while (places_[at].used && places_[at].key != key) at = (at + 1) & mask;
    return places_[at];
  }
  void Grow() {
    const std::vector<Place> before = std::exchange(places_, std::vector<Place>(2 * places_.size()));
    for (const Place& place : before) {
      if (place.used) At(place.key) = place;
    }
  }

  std::vector<Place> places_;
  std::size_t used_ = 0;
};

using Feature = std::pair<std::int32_t, float>;

// Sorts the features of a row; a column that is there twice counts as the sum.
void SortAndSum(std::vector<Feature>& row) {
  const auto by_column = [](const Feature& one, const Feature& other) { return one.first < other.first; };
  if (!std::ranges::is_sorted(row, by_column)) std::ranges::stable_sort(row, by_column);
  std::size_t to = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (to > 0 && row[to - 1].first == row[i].first) {
      row[to - 1].second += row[i].second;
    } else {
      row[to++] = row[i];
    }
  }
  row.resize(to);
}

}  // namespace

std::vector<std::uint64_t> CommonKeys(std::span<const std::uint64_t> keys, std::uint64_t least) {
  constexpr std::size_t kFirst = 1 << 12;
  KeyMap counts(kFirst);
  for (const std::uint64_t key : keys) ++counts[key];
  std::vector<std::uint64_t> common;
  counts.ForEach([&](std::uint64_t key, std::uint64_t count) {
    if (count >= least) common.push_back(key);
  });
  std::ranges::sort(common);
  return common;
}

Columned ToColumns(std::span<const std::int64_t> begins, std::span<const std::uint64_t> keys,
                   std::span<const float> values, std::span<const std::uint64_t> known) {
  KeyMap numbers(known.size());
  for (std::size_t i = 0; i < known.size(); ++i) numbers[known[i]] = i + 1;
  Columned found;
  found.begins.reserve(begins.size());
  found.begins.push_back(0);
  found.columns.reserve(keys.size());
  found.values.reserve(keys.size());
  std::vector<Feature> row;
  for (std::size_t r = 0; r + 1 < begins.size(); ++r) {
    row.clear();
    for (auto i = static_cast<std::size_t>(begins[r]); i < static_cast<std::size_t>(begins[r + 1]); ++i) {
      if (const std::uint64_t number = numbers.Find(keys[i])) {
        row.emplace_back(static_cast<std::int32_t>(number - 1), values[i]);
      }
    }
    SortAndSum(row);
    for (const auto& [column, value] : row) {
      found.columns.push_back(column);
      found.values.push_back(value);
    }
    found.begins.push_back(static_cast<std::int64_t>(found.columns.size()));
  }
  return found;
}

}  // namespace tiffin::learn
