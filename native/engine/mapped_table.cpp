#include "engine/mapped_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "base/prefetch.h"
#include "params/fixed_table.h"
#include "params/key_index.h"
#include "params/pages.h"
#include "rows/buffer.h"

namespace tiffin::learn {
namespace {

constexpr int kInterpolations = 8;                         // after so many, what is left is halved
constexpr std::size_t kHeldRows = 1024;                    // that are read at once where they are gone through
constexpr std::size_t kAbreast = 32;                       // names that are looked for side by side
constexpr std::size_t kOpenFloats = std::size_t{1} << 18;  // of the copies that a view holds

// IEEE 754 binary16.
float FromHalf(std::uint16_t half) noexcept {
  const auto sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t rest = static_cast<std::uint32_t>(half & 0x7FFFU) << 13;
  const bool is_finite = (half & 0x7C00U) != 0x7C00U;
  const std::uint32_t size =
      is_finite ? std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) * 0x1p112F) : rest | 0x7F800000U;
  return std::bit_cast<float>(size | sign);
}

std::size_t BytesOf(NumberKind kind) noexcept {
  return kind == NumberKind::kFloat ? sizeof(float) : kind == NumberKind::kHalf ? sizeof(std::uint16_t) : 1;
}

bool IsFinite(const MappedPart& part, const float* row) noexcept {
  for (std::size_t vector = 0; vector < part.count; ++vector) {
    const float* const values = row + part.at + vector * part.stride;
    if (!std::all_of(values, values + part.size, [](float value) { return std::isfinite(value); })) return false;
  }
  return true;
}

[[noreturn]] void Refuse() { throw ReadOnly{}; }

}  // namespace

const char* NpyTypeOf(NumberKind kind) noexcept {
  return kind == NumberKind::kFloat ? kNpyType<float> : kind == NumberKind::kHalf ? kNpyHalf : kNpyByte;
}

// One name that is looked for, a look at a time, so that memory can be on its way to many at once.
class MappedTable::Search {
 public:
  Search() = default;
  Search(const MappedTable& table, std::uint64_t name) noexcept
      : name_(name), high_(table.settings_.rows), most_(table.end_) {
    Choose(table);
  }

  // Where the row is; kNone: there is none, or it was not found yet.
  std::size_t found() const noexcept { return found_; }
  // False once there is nothing more to look at.
  bool Look(const MappedTable& table) noexcept {
    if (low_ >= high_) return false;
    const std::uint64_t there = table.NameAt(place_);
    if (there == name_) {
      found_ = place_;
      low_ = high_;
      return false;
    }
    if (there < name_) {
      low_ = place_ + 1;
      least_ = static_cast<double>(there);
    } else {
      high_ = place_;
      most_ = static_cast<double>(there);
    }
    Choose(table);
    return low_ < high_;
  }

 private:
  void Choose(const MappedTable& table) noexcept {
    if (low_ >= high_) return;
    double share = looks_++ < kInterpolations ? (static_cast<double>(name_) - least_) / (most_ - least_) : 0.5;
    if (!(share >= 0 && share < 1)) share = 0.5;  // of names that are as good as the same
    place_ = std::min(low_ + static_cast<std::size_t>(share * static_cast<double>(high_ - low_)), high_ - 1);
    table.PrefetchName(place_);
  }

  std::uint64_t name_ = 0;
  std::size_t low_ = 0;  // it is from low on, and before high
  std::size_t high_ = 0;
  double least_ = 0;
  double most_ = 0;
  std::size_t place_ = 0;  // that is looked at next
  std::size_t found_ = kNone;
  int looks_ = 0;
};

class MappedTable::View final : public RowView {
 public:
  explicit View(const MappedTable& table) : table_(table), zeros_(table.row_floats()) { absent_ = zeros_.data(); }

  void Open(std::span<const std::uint64_t> keys, std::uint32_t, Purpose purpose) override {
    if (purpose == Purpose::kLearn) Refuse();
    places_.Resize(keys.size());
    rows_.Resize(keys.size());
    std::size_t found = 0;
    std::array<Search, kAbreast> searches;
    for (std::size_t begin = 0; begin < keys.size(); begin += kAbreast) {
      const std::size_t count = std::min(kAbreast, keys.size() - begin);
      for (std::size_t i = 0; i < count; ++i) searches[i] = Search(table_, table_.NameOf(keys[begin + i]));
      for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (std::size_t i = 0; i < count; ++i) goes_on |= searches[i].Look(table_);
      }
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t place = places_[begin + i] = searches[i].found();
        if (place == kNone) continue;
        ++found;
        table_.PrefetchParts(place);
      }
    }
    has_absent_ = found < keys.size();
    if (copies_.size() < found * table_.row_floats()) copies_.assign(found * table_.row_floats(), 0.0F);
    float* copy = copies_.data();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      rows_[i] = absent_;
      if (places_[i] == kNone) continue;
      table_.Read(places_[i], copy);
      rows_[i] = std::exchange(copy, copy + table_.row_floats());
    }
  }
  void Close() noexcept override {}

 private:
  const MappedTable& table_;
  std::vector<float> zeros_;
  Buffer<std::size_t> places_;
  std::vector<float> copies_;
};

MappedTable::MappedTable(Settings settings)
    : Table(PaddedFloats(settings.width)),
      settings_(std::move(settings)),
      end_(settings_.bits > 0 ? std::ldexp(1.0, settings_.bits) : 0x1p64) {}

std::size_t MappedTable::most_open() const noexcept { return std::max<std::size_t>(kOpenFloats / row_floats(), 1); }

std::unique_ptr<RowView> MappedTable::NewView() { return std::make_unique<View>(*this); }

std::uint32_t MappedTable::Begin(std::size_t) { Refuse(); }
void MappedTable::EndPass() { Refuse(); }
float* MappedTable::Place(std::uint64_t, std::uint32_t) { Refuse(); }

void MappedTable::VisitPart(std::size_t, const VisitSome& visit) const {
  std::vector<float> row(row_floats());
  std::optional<std::uint64_t> before;
  for (std::size_t place = 0; place < settings_.rows; ++place) {
    if (place % kHeldRows == 0) Hold(place, std::min(kHeldRows, settings_.rows - place));
    const std::uint64_t name = NameAt(place);
    // In their order no row is there twice.
    if (before && name <= *before) {
      const std::string what = settings_.bits > 0 ? ": the rows" : ": the keys";
      throw std::invalid_argument(settings_.names.path() + what + " are not in their order");
    }
    before = name;
    Read(place, row.data());
    for (const MappedPart& part : settings_.parts) {
      if (!IsFinite(part, row.data())) throw std::invalid_argument(part.file.path() + ": a value is no finite number");
    }
    const NamedRow one{settings_.bits > 0 ? name : *settings_.names.at<std::uint64_t>(place), row.data(),
                       settings_.ages ? *settings_.ages.at<std::uint32_t>(place) : 0};
    visit({&one, 1});
  }
}

void MappedTable::Hold(std::size_t place, std::size_t count) const {
  const auto hold = [&](NpyArray& array) {
    if (array) array.Hold(place, count);
  };
  hold(settings_.names);
  hold(settings_.ages);
  for (MappedPart& part : settings_.parts) {
    hold(part.file);
    hold(part.scales);
  }
}

std::uint64_t MappedTable::NameOf(std::uint64_t key) const noexcept {
  return settings_.bits > 0 ? FixedTable::RowOf(key, settings_.bits) : Scramble(key);
}

std::uint64_t MappedTable::NameAt(std::size_t place) const noexcept {
  return settings_.bits > 0 ? *settings_.names.at<std::uint32_t>(place)
                            : Scramble(*settings_.names.at<std::uint64_t>(place));
}

void MappedTable::Read(std::size_t place, float* row) const noexcept {
  for (const MappedPart& part : settings_.parts) Read(part, place, row);
  if (settings_.ones != kNone) row[settings_.ones] = 1.0F;
}

void MappedTable::Read(const MappedPart& part, std::size_t place, float* row) noexcept {
  const float scale = part.scales ? *part.scales.at<float>(place) : part.scale;
  std::size_t from = place * part.floats();
  float* to = row + part.at;
  for (std::size_t vector = 0; vector < part.count; ++vector, from += part.size, to += part.stride) {
    switch (part.kind) {
      case NumberKind::kFloat:
        std::copy_n(part.file.at<float>(from), part.size, to);
        break;
      case NumberKind::kHalf:
        std::transform(part.file.at<std::uint16_t>(from), part.file.at<std::uint16_t>(from + part.size), to, FromHalf);
        break;
      case NumberKind::kByte:
        std::transform(part.file.at<std::int8_t>(from), part.file.at<std::int8_t>(from + part.size), to,
                       [scale](std::int8_t byte) { return static_cast<float>(byte) * scale; });
    }
  }
}

void MappedTable::PrefetchName(std::size_t place) const noexcept {
  if (settings_.bits > 0) {
    Prefetch(settings_.names.at<std::uint32_t>(place));
  } else {
    Prefetch(settings_.names.at<std::uint64_t>(place));
  }
}

void MappedTable::PrefetchParts(std::size_t place) const noexcept {
  for (const MappedPart& part : settings_.parts) {
    const std::size_t bytes = part.floats() * BytesOf(part.kind);
    const char* const begin = part.file.at<char>(place * bytes);
    for (std::size_t at = 0; at < bytes; at += kLineBytes) Prefetch(begin + at);
  }
}

}  // namespace tiffin::learn
