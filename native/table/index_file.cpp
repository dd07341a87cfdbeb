#include "table/index_file.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "batch/posix.h"
#include "files/fault.h"
#include "files/files.h"

namespace tiffin {
namespace {

static_assert(std::endian::native == std::endian::little, "the columns are written as they lie in memory");

constexpr std::array<char, 8> kMagic = {'T', 'I', 'F', 'F', 'I', 'N', 'D', 'X'};
constexpr std::uint32_t kVersion = 1;
constexpr std::int64_t kOtherClock_ns = 2'000'000'000;

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t zero = 0;
  std::uint64_t rows = 0;
  std::uint64_t blob_bytes = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(Header) == 40);

// Not cryptographic: four lanes of multiply and rotate, so that it runs at the speed of memory.
class Checksum {
 public:
  void Add(const void* data, std::size_t size) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    std::size_t at = 0;
    for (; at + 32 <= size; at += 32) {
      std::array<std::uint64_t, 4> words;
      std::memcpy(words.data(), bytes + at, 32);
      for (int lane = 0; lane < 4; ++lane) lanes_[lane] = Mix(lanes_[lane], words[lane]);
    }
    std::array<std::uint64_t, 4> rest{};
    std::memcpy(rest.data(), bytes + at, size - at);
    for (int lane = 0; lane < 4; ++lane) lanes_[lane] = Mix(lanes_[lane], rest[lane]);
    lanes_[0] = Mix(lanes_[0], size);
  }
  std::uint64_t Finish() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : lanes_) sum = Mix(sum, lane);
    return sum ^ (sum >> 29);
  }

 private:
  static std::uint64_t Mix(std::uint64_t state, std::uint64_t word) noexcept {
    return std::rotl((state ^ word) * 0x9E3779B97F4A7C15ULL, 29) + 0xD1B54A32D192ED03ULL;
  }
  std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
};

// The columns in file order, as pieces of memory.
template <typename Column>
iovec Piece(Column& column) {
  return {const_cast<void*>(static_cast<const void*>(column.data())), column.size() * sizeof(*column.data())};
}

std::span<std::byte> BytesOf(const iovec& piece) { return {static_cast<std::byte*>(piece.iov_base), piece.iov_len}; }

void Check(int outcome, const std::string& path) {
  if (outcome != kOk) throw SystemFault(outcome, path);
}

template <typename SomeTable, typename Flags>
std::array<iovec, 10> Pieces(SomeTable& table, Flags& flags) {
  return {Piece(table.offsets), Piece(table.sizes),   Piece(table.mtimes_ns), Piece(table.ctimes_ns),
          Piece(table.inodes),  Piece(table.devices), Piece(table.digests),   Piece(table.modes),
          Piece(flags),         Piece(table.blob)};
}

std::uint64_t ChecksumOf(const Header& header, std::span<const iovec> pieces) {
  Checksum sum;
  sum.Add(&header.rows, sizeof(header.rows) + sizeof(header.blob_bytes));
  for (const iovec& piece : pieces) sum.Add(piece.iov_base, piece.iov_len);
  return sum.Finish();
}

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Column<std::uint8_t> MarkRacy(const Table& table, std::int64_t now_ns, std::uint64_t device) {
  Column<std::uint8_t> flags = table.flags;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::int64_t limit_ns = table.devices[row] == device ? now_ns : now_ns - kOtherClock_ns;
    if (table.mtimes_ns[row] >= limit_ns || table.ctimes_ns[row] >= limit_ns) flags[row] |= Table::kRacy;
  }
  return flags;
}

// Bytes of all columns, or nullopt where the counts cannot be true.
std::optional<std::uint64_t> ColumnBytes(const Header& header) {
  constexpr std::uint64_t kRowBytes = 6 * 8 + sizeof(Digest) + 4 + 1;
  constexpr std::uint64_t kLimit = std::numeric_limits<std::uint64_t>::max() / 4;
  if (header.rows > kLimit / kRowBytes || header.blob_bytes > kLimit) return std::nullopt;
  return 8 + header.rows * kRowBytes + header.blob_bytes;
}

void Resize(Table& table, std::size_t rows, std::size_t blob_bytes) {
  table.offsets.resize(rows + 1);
  table.sizes.resize(rows);
  table.mtimes_ns.resize(rows);
  table.ctimes_ns.resize(rows);
  table.inodes.resize(rows);
  table.devices.resize(rows);
  table.digests.resize(rows);
  table.modes.resize(rows);
  table.flags.resize(rows);
  table.blob.resize(blob_bytes);
}

// Offsets index the blob: they are checked even where the checksum holds, since a wrong one reads foreign memory.
bool OffsetsFit(const Table& table) {
  return table.offsets.front() == 0 && table.offsets.back() == table.blob.size() &&
         std::is_sorted(table.offsets.begin(), table.offsets.end());
}

}  // namespace

std::uint64_t SaveTable(const Table& table, const std::string& path, std::int64_t now_ns) {
  const Descriptor directory = OpenDirectory(DirectoryOf(path));
  Stat place;
  Check(StatOf(directory.get(), place), path);
  const Column<std::uint8_t> flags = MarkRacy(table, now_ns, place.device);
  const auto pieces = Pieces(table, flags);
  Header header;
  header.rows = table.size();
  header.blob_bytes = table.blob.size();
  header.checksum = ChecksumOf(header, pieces);

  TempFile file;
  Check(file.Create(directory.get(), "", 0666), path);
  Check(WriteAll(file.get(), std::as_bytes(std::span(&header, 1))), path);
  for (const iovec& piece : pieces) Check(WriteAll(file.get(), BytesOf(piece)), path);
  Stat written;
  Check(StatOf(file.get(), written), path);
  Check(file.Close(), path);
  Check(file.Rename(path.substr(path.rfind('/') + 1).c_str()), path);
  return written.inode;
}

Table LoadTable(const std::string& path) {
  const Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY);
  if (!file) throw SystemFault(errno, path);
  Stat stat;
  Check(StatOf(file.get(), stat), path);
  const auto refuse = [&](const std::string& why) { throw std::invalid_argument(path + ": " + why); };

  std::uint64_t offset = 0;
  const auto read = [&](std::span<std::byte> into) {
    std::size_t got = 0;
    Check(ReadAt(file.get(), into, offset, got), path);
    if (got != into.size()) refuse("index file is cut off");
    offset += got;
  };
  Header header;
  if (static_cast<std::uint64_t>(stat.size) < sizeof(header)) refuse("too short for an index file");
  read(std::as_writable_bytes(std::span(&header, 1)));
  if (header.magic != kMagic) refuse("not an index file");
  if (header.version != kVersion || header.zero != 0) refuse("index file of version " + std::to_string(header.version));
  const std::optional<std::uint64_t> bytes = ColumnBytes(header);
  if (!bytes || *bytes != static_cast<std::uint64_t>(stat.size) - sizeof(header)) refuse("index file is cut off");

  Table table;
  Resize(table, header.rows, header.blob_bytes);
  const auto pieces = Pieces(table, table.flags);
  for (const iovec& piece : pieces) read(BytesOf(piece));
  if (ChecksumOf(header, pieces) != header.checksum || !OffsetsFit(table)) refuse("index file is damaged");
  return table;
}

}  // namespace tiffin
