#include "hash/lanes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "hash/dispatch.h"
#include "hash/engine.h"

namespace tiffin::md5 {
namespace {

// With this few runs left, one after the other is faster than a vector of mostly idle lanes.
constexpr int kAlone = 2;

// Which run each lane works on, and how far it has to go.
class Lanes {
 public:
  Lanes(const Engine& engine, std::span<Run> runs) noexcept : engine_(engine), runs_(runs) {}

  void Work() noexcept {
    for (int lane = 0; lane < engine_.lanes; ++lane) Refill(lane);
    while (active_ > std::min(kAlone, engine_.lanes - 1)) Round();
    for (int lane = 0; lane < engine_.lanes; ++lane) {
      if (run_[lane] != nullptr) FinishAlone(lane);
    }
  }

 private:
  // All lanes run as far as the shortest one goes.
  void Round() noexcept {
    std::size_t blocks = SIZE_MAX;
    const std::byte* any = nullptr;
    for (int lane = 0; lane < engine_.lanes; ++lane) {
      if (run_[lane] == nullptr || left_[lane] >= blocks) continue;
      blocks = left_[lane];
      any = data_[lane];
    }
    for (int lane = 0; lane < engine_.lanes; ++lane) {
      if (run_[lane] == nullptr) data_[lane] = any;  // idle: repeats another's work, and is not read
    }
    engine_.advance(state_.data(), data_.data(), blocks);
    for (int lane = 0; lane < engine_.lanes; ++lane) {
      if (run_[lane] == nullptr) continue;
      data_[lane] += blocks * kBlockBytes;
      left_[lane] -= blocks;
      if (left_[lane] == 0) NextPiece(lane);
    }
  }

  void NextPiece(int lane) noexcept {
    Run& run = *run_[lane];
    if (run.tail_blocks > 0) {
      data_[lane] = run.tail;
      left_[lane] = run.tail_blocks;
      run.tail_blocks = 0;
      return;
    }
    SaveState(lane);
    --active_;
    Refill(lane);
  }

  void Refill(int lane) noexcept {
    run_[lane] = nullptr;
    while (next_ < runs_.size()) {
      Run& run = runs_[next_++];
      const bool only_tail = run.blocks == 0;
      data_[lane] = only_tail ? run.tail : run.data;
      left_[lane] = only_tail ? run.tail_blocks : run.blocks;
      run.blocks = 0;
      if (only_tail) run.tail_blocks = 0;
      if (left_[lane] == 0) continue;
      for (int w = 0; w < 4; ++w) state_[w * engine_.lanes + lane] = run.state[w];
      run_[lane] = &run;
      ++active_;
      return;
    }
  }

  void SaveState(int lane) noexcept {
    for (int w = 0; w < 4; ++w) run_[lane]->state[w] = state_[w * engine_.lanes + lane];
  }

  void FinishAlone(int lane) noexcept {
    SaveState(lane);
    Run& run = *run_[lane];
    AdvanceOne(run.state, data_[lane], left_[lane]);
    AdvanceOne(run.state, run.tail, run.tail_blocks);
    run.tail_blocks = 0;
  }

  const Engine& engine_;
  std::span<Run> runs_;
  std::size_t next_ = 0;
  int active_ = 0;
  alignas(64) std::array<std::uint32_t, 4 * kMaxLanes> state_{};
  std::array<const std::byte*, kMaxLanes> data_{};
  std::array<std::size_t, kMaxLanes> left_{};
  std::array<Run*, kMaxLanes> run_{};
};

}  // namespace

void Advance(std::span<Run> runs) noexcept {
  const Engine& engine = Chosen();
  const bool narrow = engine.narrow != nullptr && runs.size() <= static_cast<std::size_t>(engine.narrow->lanes);
  Lanes(narrow ? *engine.narrow : engine, runs).Work();
}

std::size_t Pad(std::byte* piece, std::size_t filled, std::uint64_t size) noexcept {
  const std::size_t blocks = (filled + 9 + kBlockBytes - 1) / kBlockBytes;
  const std::size_t end = blocks * kBlockBytes;
  piece[filled] = std::byte{0x80};
  std::memset(piece + filled + 1, 0, end - 8 - filled - 1);
  const std::uint64_t bits = size * 8;
  for (int i = 0; i < 8; ++i) piece[end - 8 + i] = static_cast<std::byte>(bits >> (8 * i));
  return blocks;
}

Digest DigestOf(const Run& run) noexcept {
  Digest digest;
  for (int i = 0; i < 16; ++i) digest[i] = static_cast<std::uint8_t>(run.state[i / 4] >> (8 * (i % 4)));
  return digest;
}

}  // namespace tiffin::md5
