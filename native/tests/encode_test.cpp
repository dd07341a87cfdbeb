#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "encode/batch_rows.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

// A column "x" of whole numbers and "s" of text, lent as Arrow does; counts what is given back.
class Lender {
 public:
  Lender(std::vector<std::int64_t> numbers, std::vector<std::string> texts, std::size_t skipped = 0)
      : numbers_(std::move(numbers)), skipped_(skipped) {
    offsets_.push_back(0);
    for (const std::string& text : texts) {
      text_ += text;
      offsets_.push_back(static_cast<std::int32_t>(text_.size()));
    }
  }

  Lent<ArrowArray> Lend(std::atomic<int>& returned) {
    auto* const held = new Held{{nullptr, numbers_.data()}, {nullptr, offsets_.data(), text_.data()}, {}, {}, {}, {}, &returned};
    const auto size = static_cast<std::int64_t>(numbers_.size());
    held->number = {size, 0, 0, 2, 0, held->number_buffers, nullptr, nullptr, nullptr, nullptr};
    held->text = {size, 0, 0, 3, 0, held->text_buffers, nullptr, nullptr, nullptr, nullptr};
    held->children[0] = &held->number;
    held->children[1] = &held->text;
    Lent<ArrowArray> lent;
    *lent.get() = {size - static_cast<std::int64_t>(skipped_), 0, static_cast<std::int64_t>(skipped_), 1, 2, held->none, held->children, nullptr,
                   [](ArrowArray* array) {
                     auto* const mine = static_cast<Held*>(array->private_data);
                     mine->returned->fetch_add(1);
                     delete mine;
                     array->release = nullptr;
                   },
                   held};
    return lent;
  }

  static ArrowSchema Schema() {
    static ArrowSchema number{"l", "x", nullptr, 2, 0, nullptr, nullptr, nullptr, nullptr};
    static ArrowSchema text{"u", "s", nullptr, 2, 0, nullptr, nullptr, nullptr, nullptr};
    static ArrowSchema* children[] = {&number, &text};
    return {"+s", "", nullptr, 0, 2, children, nullptr, nullptr, nullptr};
  }

 private:
  struct Held {
    const void* number_buffers[2];
    const void* text_buffers[3];
    const void* none[1];
    ArrowArray number;
    ArrowArray text;
    ArrowArray* children[2];
    std::atomic<int>* returned;
  };
  std::vector<std::int64_t> numbers_;
  std::vector<std::int32_t> offsets_;
  std::string text_;
  std::size_t skipped_;
};

std::shared_ptr<const Encoder> CatOf(const std::string& column) {
  Feature feature;
  feature.name = column;
  feature.field = 3;
  return std::make_shared<Encoder>(std::vector<std::string>{column}, std::vector<Feature>{feature},
                                   std::vector<std::size_t>(), Encoder::kNoColumn);
}

TEST(Encode, RowsBeginWhereTheBatchDoes) {
  std::atomic<int> returned = 0;
  {
    Lender lender({7, 8, -1}, {"a", "bc", "12"}, 1);
    const Batch batch(Lender::Schema(), lender.Lend(returned), {"s"});
    Rows rows;
    std::vector<Fault> faults;
    CatOf("s")->Encode(batch, 0, batch.size(), rows, faults);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows.keys[0], Key(3, IdOf("bc")));
    EXPECT_EQ(rows.keys[1], Key(3, 12));
    EXPECT_EQ(returned, 0);
  }
  EXPECT_EQ(returned, 1);
}

TEST(Encode, AColumnThatIsMissingIsNamed) {
  std::atomic<int> returned = 0;
  Lender lender({1}, {"a"});
  try {
    const Batch batch(Lender::Schema(), lender.Lend(returned), {"y"});
    FAIL();
  } catch (const ColumnFault& fault) {
    EXPECT_EQ(fault.column, "y");
    EXPECT_EQ(fault.known, (std::vector<std::string>{"x", "s"}));
  }
  EXPECT_EQ(returned, 1);
}

TEST(Encode, ManyThreadsTakeWhatOneFeeds) {
  constexpr std::int64_t kBatches = 50;
  constexpr std::int64_t kRows = 5000;
  std::atomic<int> returned = 0;
  std::vector<std::unique_ptr<Lender>> lenders;
  BatchRows source(CatOf("x"), 2);
  std::thread feeder([&] {
    for (std::int64_t number = 0; number < kBatches; ++number) {
      std::vector<std::int64_t> values(kRows);
      for (std::int64_t row = 0; row < kRows; ++row) values[static_cast<std::size_t>(row)] = number * kRows + row;
      lenders.push_back(std::make_unique<Lender>(std::move(values), std::vector<std::string>(kRows)));
      Batch batch(Lender::Schema(), lenders.back()->Lend(returned), {"x"});
      batch.first_row = static_cast<std::uint64_t>(number * kRows);
      ASSERT_TRUE(source.Feed(std::move(batch)));
    }
    source.End();
  });
  std::mutex mutex;
  std::map<std::uint64_t, std::vector<std::uint64_t>> found;
  const std::atomic<bool> stop = false;
  std::vector<std::thread> takers;
  for (int i = 0; i < 3; ++i) {
    takers.emplace_back([&] {
      Block block;
      Rows rows;
      std::vector<Fault> faults;
      while (source.Next(block, stop)) {
        rows.Clear();
        source.Parse(block, rows, faults);
        const std::scoped_lock lock(mutex);
        found[block.number].assign(rows.keys.data(), rows.keys.data() + rows.keys.size());
      }
    });
  }
  feeder.join();
  for (std::thread& taker : takers) taker.join();
  std::uint64_t next = 0;
  for (const auto& [number, keys] : found) {
    for (const std::uint64_t key : keys) ASSERT_EQ(key, Key(3, next++));
  }
  EXPECT_EQ(next, static_cast<std::uint64_t>(kBatches * kRows));
  EXPECT_EQ(returned, kBatches);
}

TEST(Encode, FeedingEndsWhenNobodyListens) {
  std::atomic<int> returned = 0;
  Lender lender({1}, {"a"});
  {
    BatchRows source(CatOf("x"), 1);
    EXPECT_TRUE(source.Feed(Batch(Lender::Schema(), lender.Lend(returned), {"x"})));
    std::thread closer([&] { source.Close(); });
    EXPECT_FALSE(source.Feed(Batch(Lender::Schema(), lender.Lend(returned), {"x"})));
    closer.join();
  }
  EXPECT_EQ(returned, 2);
}

}  // namespace
}  // namespace tiffin::learn
