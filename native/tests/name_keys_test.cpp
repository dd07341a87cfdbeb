#include "parse/name_keys.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "parse/text.h"
#include "rows/key.h"
#include "rows/rows.h"

namespace tiffin::learn {
namespace {

constexpr std::uint32_t kField = 40'000;

std::string NameOf(std::mt19937& random, std::size_t most) {
  static constexpr std::string_view kLetters = "0123456789abcXYZ_-+.\xC3\xA9\x01\x7F/:;@";
  const bool is_number = random() % 40 == 0;
  std::string name(1 + random() % most, ' ');
  for (char& c : name) c = kLetters[random() % (is_number ? 10 : kLetters.size())];
  return name;
}

// Names between blanks, and where these are, with what has to be readable after the last one.
struct Names {
  std::vector<std::string> names;
  std::string text;
  std::vector<std::uint32_t> places;

  void Add(const std::string& name) {
    if (places.empty()) {
      text.push_back(' ');
      places.push_back(0);
    }
    names.push_back(name);
    text += name;
    text += ' ';
    places.push_back(static_cast<std::uint32_t>(text.size() - 1));
  }
  void End() {
    text += std::string(32, 'x');
    places.resize(places.size() + kNamesAtOnce, 0);
  }
};

// Whether one by itself has the key that it should have, or is left to who asked.
bool IsAsked(const std::string& name) {
  return !name.empty() && name.size() <= 16 && name.find_first_not_of("0123456789") != std::string::npos;
}

TEST(NameKeys, AreThoseOfIds) {
  const NameKeyer keys_of = ChosenNameKeyer();
  if (keys_of == nullptr) GTEST_SKIP() << "this processor has no such vectors";
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    Names some;
    for (std::size_t left = random() % 40; left > 0; --left) some.Add(random() % 200 == 0 ? "" : NameOf(random, random() % 60 == 0 ? 20 : 16));
    if (some.names.empty()) continue;
    some.End();
    std::vector<std::uint64_t> keys(some.names.size() + 1, 1);
    const std::size_t done = keys_of(some.text.data(), some.places.data() + 1, some.names.size(), kField, keys.data());
    ASSERT_LE(done, some.names.size());
    for (std::size_t n = 0; n < done; ++n) {
      ASSERT_TRUE(IsAsked(some.names[n])) << some.names[n];
      ASSERT_EQ(keys[n], Key(kField, IdOf(some.names[n]))) << some.names[n];
    }
    for (std::size_t n = done; n < keys.size(); ++n) ASSERT_EQ(keys[n], 1U);  // nothing was written beyond
    if (done == some.names.size()) continue;
    // It stopped for one of the next ones.
    bool has_other = false;
    for (std::size_t n = done; n < std::min(done + kNamesAtOnce, some.names.size()); ++n) has_other |= !IsAsked(some.names[n]);
    ASSERT_TRUE(has_other);
  }
}

// The parser as a whole, whatever the processor: each name has the key of its id.
TEST(NameKeys, OfLinesOfAnyLengthAreThoseOfTheirWords) {
  std::mt19937 random(6);
  Rows rows;
  std::vector<Fault> faults;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    std::vector<std::vector<std::uint64_t>> wanted;
    for (std::size_t lines = random() % 60; lines > 0; --lines) {
      text += random() % 2 == 0 ? "1 |" : "-1 |u";
      const auto field = static_cast<std::uint32_t>(text.back() == '|' ? 0 : Hash("u") >> kIdBits);
      std::vector<std::uint64_t>& its = wanted.emplace_back();
      for (std::size_t names = random() % 50; names > 0; --names) {
        text += random() % 100 == 0 ? "  " : " ";
        std::string name = NameOf(random, random() % 60 == 0 ? 40 : 16);
        for (char& c : name) c = c == ':' ? '=' : c;
        its.push_back(Key(field, IdOf(name)));
        text += name;
      }
      text += random() % 20 == 0 ? " \n" : random() % 20 == 0 ? "\r\n" : "\n";
    }
    if (!text.empty() && random() % 2 == 0) text.pop_back();  // the last line may have no end
    const std::string padded = text + std::string(64, '\xFF');
    rows.Clear();
    faults.clear();
    FindParser("vw")({padded.data(), text.size()}, rows, faults);
    ASSERT_TRUE(faults.empty());
    ASSERT_EQ(rows.size(), wanted.size());
    for (std::size_t row = 0; row < wanted.size(); ++row) {
      const std::vector<std::uint64_t> found(rows.keys.data() + rows.offsets[row], rows.keys.data() + rows.offsets[row + 1]);
      ASSERT_EQ(found, wanted[row]);
    }
  }
}

}  // namespace
}  // namespace tiffin::learn
