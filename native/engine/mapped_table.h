// A saved model's rows where they are: in arrays of files.  They are only read: mapped into memory to be looked for, or
// part by part to be gone through (ForEach).
//
// Opening one reads nothing but the headers, whatever the size, and processes share what is read.  Names of rows are
// ascending and hash values, so spread evenly: interpolation finds one in some log log n looks (Perl, Itai and Avni,
// Interpolation search, CACM 1978), and after a few of those halves what is left, for whoever's names are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/npy.h"
#include "params/table.h"

namespace tiffin::learn {

// How numbers are kept in files: as they are in memory, in half precision, or as bytes that are multiplied by a scale.
enum class NumberKind : unsigned char { kFloat, kHalf, kByte };

// As the npy format calls it.
const char* NpyTypeOf(NumberKind kind) noexcept;

// An array, and where its floats go in a row: `size` from `at` on, and so on for each of `count` vectors.
struct MappedPart {
  NpyArray file;
  NumberKind kind;
  std::size_t at;
  std::size_t size;
  std::size_t count = 1;
  std::size_t stride = 0;
  float scale = 1.0F;  // of all its bytes
  NpyArray scales{};     // of those of each row; no file: `scale` is of them

  std::size_t floats() const { return size * count; }
};

// Somebody would learn.
struct ReadOnly : std::logic_error {
  ReadOnly() : std::logic_error("a mapped model is only read") {}
};

class MappedTable final : public Table {
 public:
  struct Settings {
    NpyArray names;       // u64, keys in the order of Scramble; or u32, ascending numbers of a table of 2^bits rows
    int bits = 0;       // 0: names are keys
    std::size_t rows;
    std::size_t width;  // floats of a row
    std::vector<MappedPart> parts;
    std::size_t ones = kNone;  // a float of all rows that is 1
    NpyArray ages{};             // u32, of the rows; no file: all are 0
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  explicit MappedTable(Settings settings);

  std::size_t most_open() const noexcept override;
  // REQUIRES: the files are mapped.
  std::unique_ptr<RowView> NewView() override;
  // Throw ReadOnly, as a view does that is opened to learn.
  std::uint32_t Begin(std::size_t examples) override;
  void EndPass() override;
  float* Place(std::uint64_t name, std::uint32_t age) override;
  // One call at a time.  Throws SystemFault, and std::invalid_argument where names are not in their order, or a number
  // is not finite.
  void VisitPart(std::size_t part, const VisitSome& visit) const override;

 private:
  class View;

  class Search;

  std::uint64_t NameOf(std::uint64_t key) const noexcept;  // or what stands for it in the order of names
  std::uint64_t NameAt(std::size_t place) const noexcept;
  void Hold(std::size_t place, std::size_t count) const;
  // Fills a row of zeros.
  static void Read(const MappedPart& part, std::size_t place, float* row) noexcept;
  void Read(std::size_t place, float* row) const noexcept;
  void PrefetchName(std::size_t place) const noexcept;
  void PrefetchParts(std::size_t place) const noexcept;

  mutable Settings settings_;  // parts of files that are not mapped change as they are gone through
  const double end_;  // beyond all names
};

}  // namespace tiffin::learn
