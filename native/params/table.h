// A parameter table, as the loops of the engine see it: rows of floats, found by key.
//
// Threads may read and write the floats of a row at the same time without locks.  Then an update can be lost, which
// training on sparse data bears well (Recht, Re, Wright, Niu: Hogwild!, 2011).  How rows are found is each table's affair.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>

#include "rows/buffer.h"

namespace tiffin::learn {

// One thread's hold on the rows of some keys: while it is open they stay where they are.
class RowView {
 public:
  enum class Purpose : unsigned char { kScore, kLearn };

  RowView(const RowView&) = delete;
  RowView& operator=(const RowView&) = delete;
  virtual ~RowView() = default;

  // Finds the rows of keys.  To score, rows are only read; to learn, new keys are given rows.  now: of Table::Begin.
  // REQUIRES: not open.  Throws std::bad_alloc, SystemFault.
  virtual void Open(std::span<const std::uint64_t> keys, std::uint32_t now, Purpose purpose) = 0;
  // May be called again.
  virtual void Close() noexcept = 0;

  // One for each key.
  float* const* rows() const noexcept { return rows_.data(); }
  std::size_t size() const noexcept { return rows_.size(); }
  // The row of a key that has none: zeros, which nobody may write to.  nullptr where every key has a row.
  const float* absent() const noexcept { return absent_; }
  // Whether there are such keys.
  bool has_absent() const noexcept { return has_absent_; }

 protected:
  RowView() = default;

  Buffer<float*> rows_;
  float* absent_ = nullptr;
  bool has_absent_ = false;
};

// What a table counts of keys beside their rows' ages (Table::ForEach), so that another table can go on counting.
class Sightings {
 public:
  // All but the counts of keys without a row.
  struct Head {
    std::uint32_t unlooked = 0;  // examples since rows were last looked through for old ones
    std::uint64_t cells = 0;     // there are for counts; 0: none
    std::uint64_t newest = 0;    // part of them
    std::uint64_t used = 0;      // cells of that part
  };

  virtual ~Sightings() = default;
  virtual Head head() const = 0;
  // All counts that are not 0, in the order that AddCount wants.
  virtual void ForEachCount(const std::function<void(std::uint32_t count)>& visit) const = 0;
  // Begins to go on from what another table counted: false where it is made otherwise, and this one counts anew.
  // Throws std::invalid_argument for what no table counted.
  virtual bool SetHead(const Head& head) = 0;
  // The same.  REQUIRES: SetHead was true.
  virtual void AddCount(std::uint32_t count) = 0;

 protected:
  Sightings() = default;
  Sightings(const Sightings&) = default;
  Sightings& operator=(const Sightings&) = default;
};

// A row by its name: the number of it, or its key.
// age: how many examples were learned from since one had it last; 0 where the table does not count them.
struct NamedRow {
  std::uint64_t name;
  const float* row;
  std::uint32_t age;
};

class Table {
 public:
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  virtual ~Table() = default;

  // Floats from one row to the next.
  std::size_t row_floats() const noexcept { return row_floats_; }
  // How many keys a view should open at once, so that there is room for those of other threads.
  virtual std::size_t most_open() const noexcept { return std::numeric_limits<std::size_t>::max(); }

  // Thread-safe.  The view must not outlive the table.
  virtual std::unique_ptr<RowView> NewView() = 0;
  // The rows of keys, where every key has one that stays in its place: then nobody has to hold them.  False where only a
  // view has them.  Thread-safe.
  virtual bool Find(std::span<const std::uint64_t>, Buffer<float*>&) { return false; }
  // A block of so many examples is to be learned from: gives the time of it, as the table counts it.  Thread-safe.
  // REQUIRES: no view of the calling thread is open.  Throws SystemFault.
  virtual std::uint32_t Begin(std::size_t examples) = 0;

  // ---- From here on: nobody may have a view open.

  // A pass of learning is over.  Throws SystemFault.
  virtual void EndPass() = 0;
  // Calls visit(name, row, age) for all rows that hold anything, in the order that Place wants.  Throws SystemFault.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t part = 0; part < parts(); ++part) {
      VisitPart(part, [&](std::span<const NamedRow> rows) {
        for (const NamedRow& one : rows) visit(one.name, one.row, one.age);
      });
    }
  }
  // The same of one part of the rows, some at a time; those of the next part come after them.  Threads may go through
  // several parts at once.
  using VisitSome = std::function<void(std::span<const NamedRow> rows)>;
  virtual std::size_t parts() const noexcept { return 1; }
  virtual void VisitPart(std::size_t part, const VisitSome& visit) const = 0;
  // The row of a name, of zeros, to be filled before the next call.  Throws std::invalid_argument where a table like
  // this has no such row; std::bad_alloc, SystemFault.
  virtual float* Place(std::uint64_t name, std::uint32_t age) = 0;
  // Takes over the rows of another table of this layout, `count` of them.  REQUIRES: this one is empty.  Throws what Place
  // and the other's ForEach throw.
  virtual void Fill(const Table& rows, std::size_t count);
  // What it counts to admit and to forget keys; nullptr: nothing.
  virtual Sightings* sightings() noexcept { return nullptr; }

 protected:
  explicit Table(std::size_t row_floats) : row_floats_(row_floats) {}

 private:
  const std::size_t row_floats_;
};

inline void Table::Fill(const Table& rows, std::size_t) {
  rows.ForEach([&](std::uint64_t name, const float* row, std::uint32_t age) {
    std::copy_n(row, row_floats_, Place(name, age));
  });
}

// What becomes of a row at the end of each pass; none: it stays.
using Fade = std::function<void(float* row)>;

}  // namespace tiffin::learn
