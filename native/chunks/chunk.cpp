#include "chunks/chunk.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace tiffin::learn {
namespace {

constexpr std::size_t kColumnAlign = 8;

enum Columns : std::uint8_t { kValues = 1, kLines = 2, kWeights = 4, kLabels = 8 };  // those that are there as numbers

struct Head {
  std::uint32_t rows;
  std::uint32_t features;
  std::uint32_t faults;
  std::uint32_t messages;      // their bytes
  std::uint32_t length;        // of all rows, if length_bytes is 0
  std::uint8_t length_bytes;   // 0, 1 or 4
  std::uint8_t key_bytes;      // 4 or 8
  std::uint8_t columns;
  std::uint8_t more_tasks;     // than one
  std::uint32_t labels[2];     // as bits of f32
};
static_assert(sizeof(Head) == 32);

struct PackedFault {
  std::uint32_t line;
  std::uint32_t column;
  std::uint32_t message;
};

std::size_t Aligned(std::size_t size, std::size_t align) { return (size + align - 1) / align * align; }

// ---- packing

class Packer {
 public:
  explicit Packer(Buffer<char>& chunk) : chunk_(chunk) { chunk_.Clear(); }

  template <typename T>
  void Add(std::span<const T> column) {
    char* const to = Room(column.size_bytes());
    if (!column.empty()) std::memcpy(to, column.data(), column.size_bytes());
  }
  template <typename T, typename From, typename Of>
  void Add(std::span<const From> column, Of of) {
    char* to = Room(column.size() * sizeof(T));
    for (const From& from : column) {
      const T value = of(from);
      std::memcpy(to, &value, sizeof value);
      to += sizeof value;
    }
  }
  // Where a column of `size` bytes goes; what fills it up is zeros.
  char* Room(std::size_t size, std::size_t align = kColumnAlign) {
    const std::size_t begin = chunk_.size();
    const std::size_t padded = Aligned(begin + size, align);
    chunk_.Resize(padded);
    std::memset(chunk_.data() + begin + size, 0, padded - begin - size);
    return chunk_.data() + begin;
  }

 private:
  Buffer<char>& chunk_;
};

std::uint32_t Bits(float value) { return std::bit_cast<std::uint32_t>(value); }

void DescribeLengths(const Rows& rows, Head& head) {
  std::uint32_t least = ~0U;
  std::uint32_t most = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::uint32_t length = rows.offsets[row + 1] - rows.offsets[row];
    least = std::min(least, length);
    most = std::max(most, length);
  }
  head.length = most;
  head.length_bytes = rows.size() == 0 || least == most ? 0 : most < 256 ? 1 : 4;
}

// Whether there are two labels at most; which.
bool TwoLabels(const Rows& rows, std::uint32_t (&found)[2]) {
  found[0] = found[1] = rows.size() == 0 ? 0 : Bits(rows.labels[0]);
  for (const float label : rows.labels.span()) {
    const std::uint32_t bits = Bits(label);
    if (bits == found[0] || bits == found[1]) continue;
    if (found[0] != found[1]) return false;
    found[1] = bits;
  }
  return true;
}

Head Describe(const Rows& rows) {
  Head head{};
  head.rows = static_cast<std::uint32_t>(rows.size());
  head.features = static_cast<std::uint32_t>(rows.features());
  head.more_tasks = static_cast<std::uint8_t>(rows.tasks() - 1);
  DescribeLengths(rows, head);
  std::uint64_t any = 0;
  for (const std::uint64_t key : rows.keys.span()) any |= key;
  head.key_bytes = any >> 32 == 0 ? 4 : 8;
  bool in_order = true;
  for (std::size_t row = 0; row < rows.size(); ++row) in_order &= rows.lines[row] == row;
  if (rows.has_values()) head.columns |= kValues;
  if (!in_order) head.columns |= kLines;
  if (rows.has_weights()) head.columns |= kWeights;
  if (!TwoLabels(rows, head.labels)) head.columns |= kLabels;
  return head;
}

// Few kinds of fault are there, and each is one text in the program.
std::vector<PackedFault> PackFaults(std::span<const Fault> faults, std::string& messages) {
  std::vector<std::pair<const char*, std::uint32_t>> known;
  std::vector<PackedFault> packed;
  packed.reserve(faults.size());
  for (const Fault& fault : faults) {
    auto at = std::ranges::find(known, fault.what, &std::pair<const char*, std::uint32_t>::first);
    if (at == known.end()) {
      at = known.emplace(known.end(), fault.what, static_cast<std::uint32_t>(messages.size()));
      messages.append(fault.what).push_back('\0');
    }
    packed.push_back({static_cast<std::uint32_t>(fault.line), static_cast<std::uint32_t>(fault.column), at->second});
  }
  return packed;
}

// ---- unpacking

class Unpacker {
 public:
  explicit Unpacker(std::span<const char> chunk) : rest_(chunk) {}

  // The next column; nullptr where there is less left.
  template <typename T>
  const T* Take(std::size_t count) {
    const std::size_t size = Aligned(count * sizeof(T), kColumnAlign);
    if (size > rest_.size()) return nullptr;
    const auto* const column = reinterpret_cast<const T*>(rest_.data());
    rest_ = rest_.subspan(size);
    return column;
  }

 private:
  std::span<const char> rest_;
};

// Where rows end, from how long they are.  Whether that is where the features end, too.
template <typename Length>
bool FillOffsets(Rows& rows, std::size_t features, Length length) {
  std::uint64_t end = 0;
  rows.offsets[0] = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    end += length(row);
    rows.offsets[row + 1] = static_cast<std::uint32_t>(end);
    if (end > features) return false;
  }
  return end == features;
}

template <typename T>
bool Copy(Unpacker& from, Buffer<T>& to) {
  const T* const column = from.Take<T>(to.size());
  if (column == nullptr) return false;
  std::copy_n(column, to.size(), to.data());
  return true;
}

// The same without a copy, which the chunk has to outlive.
template <typename T>
bool Borrow(Unpacker& from, Buffer<T>& to) {
  const T* const column = from.Take<T>(to.size());
  if (column == nullptr) return false;
  to.Borrow({column, to.size()});
  return true;
}

bool UnpackLengths(Unpacker& from, const Head& head, Rows& rows) {
  if (head.length_bytes == 0) return FillOffsets(rows, head.features, [&](std::size_t) { return head.length; });
  if (head.length_bytes == 1) {
    const auto* const lengths = from.Take<std::uint8_t>(head.rows);
    return lengths != nullptr && FillOffsets(rows, head.features, [&](std::size_t row) { return lengths[row]; });
  }
  const auto* const lengths = from.Take<std::uint32_t>(head.rows);
  return lengths != nullptr && FillOffsets(rows, head.features, [&](std::size_t row) { return lengths[row]; });
}

bool UnpackKeys(Unpacker& from, const Head& head, Rows& rows) {
  if (head.key_bytes == 8) return Borrow(from, rows.keys);
  const auto* const keys = from.Take<std::uint32_t>(head.features);
  if (keys == nullptr) return false;
  std::copy_n(keys, head.features, rows.keys.data());
  return true;
}

bool UnpackLines(Unpacker& from, const Head& head, Rows& rows) {
  if ((head.columns & kLines) != 0) return Copy(from, rows.lines);
  for (std::uint32_t row = 0; row < head.rows; ++row) rows.lines[row] = row;
  return true;
}

bool UnpackLabels(Unpacker& from, const Head& head, Rows& rows) {
  if ((head.columns & kLabels) != 0) return Copy(from, rows.labels);
  const auto* const bits = from.Take<std::uint8_t>((rows.labels.size() + 7) / 8);
  if (bits == nullptr) return false;
  const float labels[2] = {std::bit_cast<float>(head.labels[0]), std::bit_cast<float>(head.labels[1])};
  for (std::size_t i = 0; i < rows.labels.size(); ++i) rows.labels[i] = labels[bits[i / 8] >> (i % 8) & 1];
  return true;
}

bool UnpackFaults(Unpacker& from, const Head& head, std::vector<Fault>& faults) {
  const auto* const packed = from.Take<PackedFault>(head.faults);
  const auto* const messages = from.Take<char>(head.messages);
  if (packed == nullptr || messages == nullptr) return false;
  if (head.messages > 0 && messages[head.messages - 1] != '\0') return false;
  for (std::size_t i = 0; i < head.faults; ++i) {
    if (packed[i].message >= head.messages) return false;
    faults.push_back({packed[i].line, packed[i].column, messages + packed[i].message});
  }
  return true;
}

}  // namespace

void PackChunk(const Rows& rows, std::span<const Fault> faults, Buffer<char>& chunk) {
  Head head = Describe(rows);
  std::string messages;
  const std::vector<PackedFault> packed = PackFaults(faults, messages);
  head.faults = static_cast<std::uint32_t>(packed.size());
  head.messages = static_cast<std::uint32_t>(messages.size());

  Packer packer(chunk);
  packer.Add(std::span<const Head>(&head, 1));
  if (head.length_bytes != 0) {
    const auto lengths = rows.offsets.span().first(rows.size());
    const auto of = [](const std::uint32_t& begin) { return *(&begin + 1) - begin; };
    if (head.length_bytes == 1) {
      packer.Add<std::uint8_t>(lengths, [&](const auto& begin) { return static_cast<std::uint8_t>(of(begin)); });
    } else {
      packer.Add<std::uint32_t>(lengths, of);
    }
  }
  if (head.key_bytes == 8) {
    packer.Add(rows.keys.span());
  } else {
    packer.Add<std::uint32_t>(rows.keys.span(), [](std::uint64_t key) { return static_cast<std::uint32_t>(key); });
  }
  if ((head.columns & kValues) != 0) packer.Add(rows.values.span());
  if ((head.columns & kLines) != 0) packer.Add(rows.lines.span());
  if ((head.columns & kWeights) != 0) packer.Add(rows.weights.span());
  if ((head.columns & kLabels) != 0) {
    packer.Add(rows.labels.span());
  } else {
    const std::size_t size = (rows.labels.size() + 7) / 8;
    char* const bits = packer.Room(size);
    std::memset(bits, 0, size);
    for (std::size_t i = 0; i < rows.labels.size(); ++i) {
      const bool second = Bits(rows.labels[i]) != head.labels[0];
      bits[i / 8] = static_cast<char>(bits[i / 8] | second << (i % 8));
    }
  }
  packer.Add(std::span<const PackedFault>(packed));
  packer.Add(std::span<const char>(messages));
  packer.Room(0, kChunkAlign);
}

bool UnpackChunk(std::span<const char> chunk, Rows& rows, std::vector<Fault>& faults) {
  Unpacker from(chunk);
  const auto* const head = from.Take<Head>(1);
  if (head == nullptr) return false;
  // Each row and feature takes some of the bytes, or its number is bounded by them: no huge memory is asked for.
  const bool known = (head->key_bytes == 4 || head->key_bytes == 8) &&
                     (head->length_bytes == 0 || head->length_bytes == 1 || head->length_bytes == 4);
  if (!known || head->rows / 8 > chunk.size() || head->features > chunk.size()) return false;
  rows.Resize(head->rows, head->features, (head->columns & kValues) != 0, (head->columns & kWeights) != 0,
              std::size_t{head->more_tasks} + 1);
  return UnpackLengths(from, *head, rows) && UnpackKeys(from, *head, rows) &&
         (!rows.has_values() || Borrow(from, rows.values)) && UnpackLines(from, *head, rows) &&
         (!rows.has_weights() || Copy(from, rows.weights)) && UnpackLabels(from, *head, rows) &&
         UnpackFaults(from, *head, faults);
}

}  // namespace tiffin::learn
