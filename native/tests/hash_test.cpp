#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "hash/lanes.h"
#include "hash/md5.h"

namespace tiffin {
namespace {

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string Md5Hex(std::string_view text) {
  Md5 md5;
  md5.Update(Bytes(text));
  return ToHex(md5.Finish());
}

std::string RandomText(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

std::vector<std::string> HexOfMany(const std::vector<std::string>& texts) {
  std::vector<std::span<const std::byte>> messages;
  for (const std::string& text : texts) messages.push_back(Bytes(text));
  std::vector<Digest> digests(texts.size());
  Md5Many(messages, digests);
  std::vector<std::string> hex;
  for (const Digest& digest : digests) hex.push_back(ToHex(digest));
  return hex;
}

TEST(Md5, GivesTheDigestsOfRfc1321) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Md5Hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(Md5Hex("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
  EXPECT_EQ(Md5Hex("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            "d174ab98d277d9f5a5611c2c9f419d9f");
  EXPECT_EQ(Md5Hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, TakesAMessageInAnyPieces) {
  std::mt19937 random(1);
  const std::string text = RandomText(random, 1000);
  for (std::size_t piece = 1; piece < 200; ++piece) {
    Md5 md5;
    for (std::size_t begin = 0; begin < text.size(); begin += piece) md5.Update(Bytes(text.substr(begin, piece)));
    EXPECT_EQ(ToHex(md5.Finish()), Md5Hex(text)) << piece;
  }
}

// Each engine that this machine can run.
class Md5Many : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!SelectMd5Engine(GetParam())) GTEST_SKIP() << "not on this machine";
    ASSERT_EQ(Md5Engine(), GetParam());
  }
  void TearDown() override { SelectMd5Engine(""); }
};

TEST_P(Md5Many, AgreesWithOneByOneForEveryLength) {
  std::mt19937 random(2);
  std::vector<std::string> texts;
  std::vector<std::string> expected;
  for (std::size_t size = 0; size < 400; ++size) {
    texts.push_back(RandomText(random, size));
    expected.push_back(Md5Hex(texts.back()));
  }
  EXPECT_EQ(HexOfMany(texts), expected);
}

TEST_P(Md5Many, AgreesWithOneByOneForEveryCountOfUnequalMessages) {
  std::mt19937 random(3);
  for (std::size_t count = 0; count <= 2 * static_cast<std::size_t>(Md5Lanes()) + 3; ++count) {
    std::vector<std::string> texts;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back(RandomText(random, random() % (i % 7 == 0 ? 20'000 : 300)));
      expected.push_back(Md5Hex(texts.back()));
    }
    EXPECT_EQ(HexOfMany(texts), expected) << count;
  }
}

TEST_P(Md5Many, AdvancesMessagesPieceByPiece) {
  std::mt19937 random(4);
  const std::size_t count = 3 * static_cast<std::size_t>(Md5Lanes()) + 1;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back(RandomText(random, 64 * (1 + random() % 40)));
  std::vector<md5::Run> runs(count);
  std::vector<std::size_t> done(count);
  std::vector<std::string> ends(count, std::string(64, '\0'));
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t blocks = std::min<std::size_t>(random() % 5, (texts[i].size() - done[i]) / 64);
      runs[i].data = Bytes(texts[i]).data() + done[i];
      runs[i].blocks = blocks;
      done[i] += 64 * blocks;
      more = more || done[i] < texts[i].size();
    }
    md5::Advance(runs);
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto* end = reinterpret_cast<std::byte*>(ends[i].data());
    ASSERT_EQ(md5::Pad(end, 0, texts[i].size()), 1u);
    runs[i].tail = end;
    runs[i].tail_blocks = 1;
  }
  md5::Advance(runs);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(ToHex(md5::DigestOf(runs[i])), Md5Hex(texts[i]));
}

INSTANTIATE_TEST_SUITE_P(Engines, Md5Many, testing::Values("scalar", "neon", "avx2", "avx512"),
                         [](const auto& info) { return std::string(info.param); });

TEST(SelectMd5Engine, LeavesTheChoiceWhenThereIsNoSuchEngine) {
  const std::string_view before = Md5Engine();
  EXPECT_FALSE(SelectMd5Engine("abacus"));
  EXPECT_EQ(Md5Engine(), before);
}

TEST(Hex, GoesThereAndBack) {
  Digest digest{};
  EXPECT_TRUE(FromHex("000102030405060708090a0b0c0d0eFF", digest));
  EXPECT_EQ(ToHex(digest), "000102030405060708090a0b0c0d0eff");
}

TEST(Hex, RefusesWhatIsNotADigest) {
  Digest digest{};
  const Digest before = digest;
  for (const char* text : {"", "00", "000102030405060708090a0b0c0d0eg0", "000102030405060708090a0b0c0d0e0",
                           "000102030405060708090a0b0c0d0e0f0", "000102030405060708090a0b0c0d0e.f"}) {
    EXPECT_FALSE(FromHex(text, digest)) << text;
    EXPECT_EQ(digest, before);
  }
}

}  // namespace
}  // namespace tiffin
