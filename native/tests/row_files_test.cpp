#include "engine/row_files.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "scratch.h"

namespace tiffin::learn {
namespace {

template <typename T>
std::vector<T> NumbersIn(std::string_view file) {
  std::vector<T> numbers((file.size() - kNpyHeaderBytes) / sizeof(T));
  std::memcpy(numbers.data(), file.data() + kNpyHeaderBytes, numbers.size() * sizeof(T));
  return numbers;
}

using RowFilesTest = Scratch;

TEST_F(RowFilesTest, HaveAllPartsInTheirOrder) {
  RowFiles files;
  const std::size_t names = files.Add(At("names.npy"), kNpyType<std::uint64_t>, {});
  const std::size_t values = files.Add(At("values.npy"), kNpyType<float>, {2});
  std::vector<std::uint64_t> wanted;
  std::vector<float> wanted_values;
  constexpr std::uint64_t kParts = 100;
  // One is larger than what is held, some are empty.
  const auto size_of = [](std::uint64_t part) { return part == 41 ? 500'000 : part % 5 * 100; };
  for (std::uint64_t part = 0; part < kParts; ++part) {
    for (std::uint64_t i = 0; i < size_of(part); ++i) {
      wanted.push_back(part << 32 | i);
      wanted_values.insert(wanted_values.end(), {static_cast<float>(part), static_cast<float>(i)});
    }
  }
  files.Write(kParts, [&](std::size_t part, RowFiles::Part& to) {
    for (std::uint64_t i = 0; i < size_of(part); ++i) {
      *to.Append<std::uint64_t>(names, 1) = static_cast<std::uint64_t>(part) << 32 | i;
      float* const row = to.Append<float>(values, 2);
      row[0] = static_cast<float>(part);
      row[1] = static_cast<float>(i);
      to.End(1);
    }
  });
  EXPECT_EQ(files.Finish(), wanted.size());
  EXPECT_EQ(NumbersIn<std::uint64_t>(Read("names.npy")), wanted);
  EXPECT_EQ(NumbersIn<float>(Read("values.npy")), wanted_values);
}

TEST_F(RowFilesTest, AnErrorInOnePartEndsAll) {
  RowFiles files;
  files.Add(At("names.npy"), kNpyType<float>, {});
  std::atomic<int> gathered{0};
  EXPECT_THROW(files.Write(100'000,
                           [&](std::size_t part, RowFiles::Part& to) {
                             if (part == 50) throw std::overflow_error("no number");
                             *to.Append<float>(0, 1) = 1.0F;
                             to.End(1);
                             ++gathered;
                           }),
               std::overflow_error);
  EXPECT_LT(gathered, 50'000);
}

}  // namespace
}  // namespace tiffin::learn
