#include "hash/md5.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "hash/dispatch.h"
#include "hash/lanes.h"

namespace tiffin {
namespace {

// Messages in flight at a time: enough to keep all lanes busy, few enough that their tails stay in the first cache.
constexpr std::size_t kGroup = 128;

// The value of each hexadecimal digit, -1 for any other character.  A look-up: no branch predicts the digits of an id.
constexpr std::array<std::int8_t, 256> kDigitValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int digit = 0; digit < 10; ++digit) values[static_cast<std::size_t>('0' + digit)] = static_cast<std::int8_t>(digit);
  for (int digit = 10; digit < 16; ++digit) {
    values[static_cast<std::size_t>('a' + digit - 10)] = static_cast<std::int8_t>(digit);
    values[static_cast<std::size_t>('A' + digit - 10)] = static_cast<std::int8_t>(digit);
  }
  return values;
}();

int DigitValue(char digit) noexcept { return kDigitValues[static_cast<unsigned char>(digit)]; }

}  // namespace

void Md5::Update(std::span<const std::byte> data) noexcept {
  const std::size_t filled = size_ % md5::kBlockBytes;
  size_ += data.size();
  if (filled + data.size() < md5::kBlockBytes) {
    if (!data.empty()) std::memcpy(block_.data() + filled, data.data(), data.size());
    return;
  }
  if (filled > 0) {
    const std::size_t missing = md5::kBlockBytes - filled;
    std::memcpy(block_.data() + filled, data.data(), missing);
    md5::AdvanceOne(state_.data(), block_.data(), 1);
    data = data.subspan(missing);
  }
  const std::size_t blocks = data.size() / md5::kBlockBytes;
  md5::AdvanceOne(state_.data(), data.data(), blocks);
  data = data.subspan(blocks * md5::kBlockBytes);
  if (!data.empty()) std::memcpy(block_.data(), data.data(), data.size());
}

Digest Md5::Finish() noexcept {
  std::array<std::byte, 2 * md5::kBlockBytes> last;
  const std::size_t filled = size_ % md5::kBlockBytes;
  std::memcpy(last.data(), block_.data(), filled);
  const std::size_t blocks = md5::Pad(last.data(), filled, size_);
  md5::Run run;
  std::copy(state_.begin(), state_.end(), run.state);
  md5::AdvanceOne(run.state, last.data(), blocks);
  return md5::DigestOf(run);
}

void Md5Many(std::span<const std::span<const std::byte>> messages, std::span<Digest> digests) {
  std::array<md5::Run, kGroup> runs;
  std::array<std::array<std::byte, 2 * md5::kBlockBytes>, kGroup> tails;
  while (!messages.empty()) {
    const std::size_t count = std::min(messages.size(), kGroup);
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const std::byte> message = messages[i];
      const std::size_t filled = message.size() % md5::kBlockBytes;
      if (filled > 0) std::memcpy(tails[i].data(), message.data() + message.size() - filled, filled);
      runs[i] = {.data = message.data(),
                 .blocks = message.size() / md5::kBlockBytes,
                 .tail = tails[i].data(),
                 .tail_blocks = md5::Pad(tails[i].data(), filled, message.size())};
    }
    md5::Advance(std::span(runs).first(count));
    for (std::size_t i = 0; i < count; ++i) digests[i] = md5::DigestOf(runs[i]);
    messages = messages.subspan(count);
    digests = digests.subspan(count);
  }
}

std::string ToHex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(2 * digest.size(), '\0');
  for (std::size_t i = 0; i < digest.size(); ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return hex;
}

bool FromHex(std::string_view hex, Digest& digest) noexcept {
  Digest read;
  if (hex.size() != 2 * read.size()) return false;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const int high = DigitValue(hex[2 * i]);
    const int low = DigitValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    read[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  digest = read;
  return true;
}

}  // namespace tiffin
