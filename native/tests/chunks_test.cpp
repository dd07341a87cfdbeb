#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "chunks/chunk.h"
#include "engine/pass_state.h"

namespace tiffin::learn {
namespace {

struct Examples {
  Rows rows;
  std::vector<Fault> faults;
};

// Of every kind that packs in its own way.
Examples Make(unsigned seed) {
  std::mt19937 random(seed);
  const std::size_t size = seed % 7 == 0 ? 0 : random() % 40;
  const bool equal = random() % 2 == 0;
  const bool wide = random() % 2 == 0;
  const bool valued = random() % 2 == 0;
  const bool weighted = random() % 2 == 0;
  const int labels = 1 + static_cast<int>(random() % 3);
  const bool gaps = random() % 2 == 0;
  const std::size_t most = random() % 10 == 0 ? 400 : 8;
  Examples made;
  std::vector<float> its_labels(random() % 3 == 0 ? 1 + random() % 4 : 1);
  made.rows.SetTasks(its_labels.size());
  made.rows.Reserve(size, size * 400);
  std::uint32_t line = 0;
  for (std::size_t row = 0; row < size; ++row) {
    const std::size_t features = equal ? 5 : random() % most;
    for (std::size_t i = 0; i < features; ++i) {
      const std::uint64_t key = wide ? std::uint64_t{random()} << 32 | random() : random();
      made.rows.Push(key, valued && random() % 3 == 0 ? 0.5F : 1.0F);
    }
    const float values[] = {-1.0F, 1.0F, 2.5F};
    for (float& label : its_labels) label = values[random() % static_cast<unsigned>(labels)];
    made.rows.EndRow(its_labels, weighted && random() % 3 == 0 ? 2.0F : 1.0F);
    line += gaps ? random() % 3 : 0;
    made.rows.lines.back() = line++;
  }
  for (std::size_t i = random() % 4; i > 0; --i) {
    made.faults.push_back({random() % 100, random() % 9, random() % 2 == 0 ? "expected a number" : "expected a blank"});
  }
  return made;
}

template <typename T>
std::string Bytes(const Buffer<T>& column) {
  return {reinterpret_cast<const char*>(column.data()), column.size() * sizeof(T)};
}

void ExpectSame(const Examples& found, const Examples& wanted) {
  EXPECT_EQ(Bytes(found.rows.offsets), Bytes(wanted.rows.offsets));
  EXPECT_EQ(Bytes(found.rows.keys), Bytes(wanted.rows.keys));
  EXPECT_EQ(found.rows.tasks(), wanted.rows.tasks());
  EXPECT_EQ(Bytes(found.rows.labels), Bytes(wanted.rows.labels));
  EXPECT_EQ(Bytes(found.rows.lines), Bytes(wanted.rows.lines));
  EXPECT_EQ(found.rows.has_values(), wanted.rows.has_values());
  EXPECT_EQ(found.rows.has_weights(), wanted.rows.has_weights());
  if (wanted.rows.has_values()) {
    EXPECT_EQ(Bytes(found.rows.values), Bytes(wanted.rows.values));
  }
  if (wanted.rows.has_weights()) {
    EXPECT_EQ(Bytes(found.rows.weights), Bytes(wanted.rows.weights));
  }
  ASSERT_EQ(found.faults.size(), wanted.faults.size());
  for (std::size_t i = 0; i < wanted.faults.size(); ++i) {
    EXPECT_EQ(found.faults[i].line, wanted.faults[i].line);
    EXPECT_EQ(found.faults[i].column, wanted.faults[i].column);
    EXPECT_STREQ(found.faults[i].what, wanted.faults[i].what);
  }
}

TEST(Chunk, UnpacksToWhatWasPacked) {
  Buffer<char> chunk;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const Examples wanted = Make(seed);
    PackChunk(wanted.rows, wanted.faults, chunk);
    EXPECT_EQ(chunk.size() % kChunkAlign, 0U);
    Examples found;
    ASSERT_TRUE(UnpackChunk(chunk.span(), found.rows, found.faults)) << seed;
    ExpectSame(found, wanted);
  }
}

TEST(Chunk, StaysAsItIsWhenRowsAreTakenOut) {
  Buffer<char> chunk;
  for (unsigned seed = 0; seed < 200; ++seed) {
    Examples wanted = Make(seed);
    PackChunk(wanted.rows, wanted.faults, chunk);
    const std::string before = Bytes(chunk);
    Examples found;
    ASSERT_TRUE(UnpackChunk(chunk.span(), found.rows, found.faults)) << seed;
    std::vector<std::size_t> gone;
    for (std::size_t row = seed % 3; row < wanted.rows.size(); row += 3) gone.push_back(row);
    found.rows.Remove(gone);
    wanted.rows.Remove(gone);
    ExpectSame(found, wanted);
    EXPECT_EQ(Bytes(chunk), before);
  }
}

// Of interest with the address sanitizer: whatever the bytes, none is read past their end.
TEST(Chunk, OfAnyBytesIsUnpackedOrRefused) {
  std::mt19937 random(3);
  Buffer<char> chunk;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    const Examples made = Make(seed % 200);
    PackChunk(made.rows, made.faults, chunk);
    std::vector<char> broken(chunk.data(), chunk.data() + chunk.size());
    const std::size_t reach = random() % 2 == 0 ? std::min<std::size_t>(32, broken.size()) : broken.size();
    for (std::size_t i = 1 + random() % 3; i > 0; --i) broken[random() % reach] ^= static_cast<char>(1 << random() % 8);
    if (random() % 3 == 0) broken.resize(random() % broken.size() / 8 * 8);
    Examples found;
    if (!UnpackChunk(broken, found.rows, found.faults)) continue;
    ASSERT_EQ(found.rows.offsets[found.rows.size()], found.rows.features());
    EXPECT_EQ(Bytes(found.rows.keys).size(), found.rows.features() * sizeof(std::uint64_t));
    EXPECT_EQ(Bytes(found.rows.values).size(), found.rows.has_values() ? found.rows.features() * sizeof(float) : 0);
    for (const Fault& fault : found.faults) EXPECT_LT(std::strlen(fault.what), broken.size());
  }
}

TEST(Cursor, KnowsTheBlocksItWasToldOf) {
  std::mt19937 random(4);
  Cursor cursor;
  std::set<std::uint64_t> told;
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t block = random() % 200;
    cursor.Add(block);
    told.insert(block);
    for (std::uint64_t other = 0; other < 200; ++other) ASSERT_EQ(cursor.Has(other), told.contains(other));
  }
  for (std::uint64_t block = 0; block < 200; ++block) cursor.Add(block);
  EXPECT_EQ(cursor.first(), 200U);
  EXPECT_TRUE(cursor.beyond().empty());
}

}  // namespace
}  // namespace tiffin::learn
