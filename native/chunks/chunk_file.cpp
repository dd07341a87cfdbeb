#include "chunks/chunk_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <tuple>

#include "batch/posix.h"
#include "chunks/chunk.h"
#include "files/fault.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::string_view kMagic = "tiffin chunks 2\n";
constexpr std::string_view kIndexMagic{"tiffin index 1\n\0", 16};
constexpr std::size_t kHeaderBytes = 64;
static_assert(kMagic.size() + kIdentityBytes == kHeaderBytes && kHeaderBytes % kChunkAlign == 0);

struct Footer {
  char magic[16];
  std::uint64_t begin;
  std::uint64_t blocks;
  std::uint64_t check;
  std::uint64_t zero;
};
static_assert(sizeof(Footer) == 48);

template <typename T>
std::string_view AsText(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

ChunkWriter::ChunkWriter(int descriptor, std::string_view identity) : descriptor_(descriptor), end_(kHeaderBytes) {
  const std::string header = std::string(kMagic) + std::string(identity);
  outcome_ = WriteAt(header, 0);
}

void ChunkWriter::Add(const Block& block, const Rows& rows, std::span<const Fault> faults) {
  thread_local Buffer<char> chunk;
  ChunkEntry entry{};
  {
    const std::scoped_lock lock(mutex_);
    if (outcome_ != kOk) return;
  }
  PackChunk(rows, faults, chunk);
  entry.check = Hash({chunk.data(), chunk.size()});
  entry.first_line = block.first_line;
  entry.text = block.size;
  entry.size = static_cast<std::uint32_t>(chunk.size());
  entry.file = static_cast<std::uint32_t>(block.file);
  {
    const std::scoped_lock lock(mutex_);
    entry.begin = end_;
    end_ += chunk.size();
  }
  const int outcome = chunk.size() > ~std::uint32_t{0} ? EFBIG : WriteAt(chunk.span(), entry.begin);
  const std::scoped_lock lock(mutex_);
  if (outcome_ == kOk) outcome_ = outcome;
  if (outcome_ != kOk) {
    std::ignore = ftruncate(descriptor_, 0);
    return;
  }
  if (index_.size() <= block.number) index_.resize(block.number + 1);
  index_[block.number] = entry;
}

int ChunkWriter::Finish() {
  if (outcome_ != kOk) return outcome_;
  for (const ChunkEntry& entry : index_) {
    if (entry.size == 0) return EINVAL;
  }
  const std::string_view index = AsText(std::span<const ChunkEntry>(index_));
  Footer footer{};
  kIndexMagic.copy(footer.magic, sizeof footer.magic);
  footer.begin = end_;
  footer.blocks = index_.size();
  footer.check = Hash(index);
  if (const int outcome = WriteAt(index, end_); outcome != kOk) return outcome;
  return WriteAt(AsText(std::span<const Footer>(&footer, 1)), end_ + index.size());
}

int ChunkWriter::WriteAt(std::span<const char> bytes, std::uint64_t begin) const {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    begin += static_cast<std::uint64_t>(written);
  }
  return kOk;
}

ChunkFile::ChunkFile(int descriptor, std::string_view identity) {
  const auto refuse = [](const char* what) { throw std::invalid_argument(what); };
  Stat stat;
  if (const int outcome = StatOf(descriptor, stat); outcome != kOk) throw SystemFault(outcome, "");
  const auto size = static_cast<std::uint64_t>(stat.size);
  if (!IsRegular(stat) || size < kHeaderBytes + sizeof(Footer) || size % 8 != 0) refuse("it is cut off");
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) throw SystemFault(errno, "");
  memory_ = {static_cast<const char*>(memory), Unmap{size}};

  const std::string_view bytes(memory_.get(), size);
  if (!bytes.starts_with(kMagic)) refuse("it is of another version");
  if (bytes.substr(kMagic.size(), kIdentityBytes) != identity) refuse("it is of other data");
  Footer footer;
  const std::uint64_t end = size - sizeof footer;
  std::memcpy(&footer, memory_.get() + end, sizeof footer);
  if (std::string_view(footer.magic, sizeof footer.magic) != kIndexMagic || footer.zero != 0) refuse("it is cut off");
  if (footer.begin % 8 != 0 || footer.begin > end || (end - footer.begin) % sizeof(ChunkEntry) != 0 ||
      (end - footer.begin) / sizeof(ChunkEntry) != footer.blocks) {
    refuse("its index is damaged");
  }
  index_ = {reinterpret_cast<const ChunkEntry*>(memory_.get() + footer.begin), footer.blocks};
  if (Hash(AsText(index_)) != footer.check) refuse("its index is damaged");
  for (const ChunkEntry& entry : index_) {
    if (entry.begin % kChunkAlign != 0 || entry.begin > footer.begin || entry.size > footer.begin - entry.begin) {
      refuse("its index is damaged");
    }
  }
  checked_ = std::make_unique<std::atomic<bool>[]>(footer.blocks);
}

bool ChunkFile::Read(std::size_t number, Rows& rows, std::vector<Fault>& faults) const {
  const std::span<const char> bytes = chunk(number);
  if (!checked_[number].load(std::memory_order_relaxed)) {
    if (Hash({bytes.data(), bytes.size()}) != index_[number].check) return false;
    checked_[number].store(true, std::memory_order_relaxed);
  }
  return UnpackChunk(bytes, rows, faults);
}

void ChunkFile::Expect(std::size_t number) const noexcept {
  const std::span<const char> bytes = chunk(number);
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size());
  posix_madvise(reinterpret_cast<void*>(begin), end - begin, POSIX_MADV_WILLNEED);
}

void ChunkFile::Unmap::operator()(const char* memory) const noexcept {
  munmap(const_cast<char*>(memory), size);
}

}  // namespace tiffin::learn
