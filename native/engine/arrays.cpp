#include "engine/arrays.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "batch/posix.h"
#include "batch/threads.h"
#include "files/fault.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kHeaderAlign = 64;

void Check(int outcome, const std::string& path) {
  if (outcome != kOk) throw SystemFault(outcome, path);
}

// npy 1.0: magic, length, and a Python dict padded with blanks to a line end.
std::string Header(const char* type, std::span<const std::size_t> shape) {
  std::string sizes;
  for (const std::size_t size : shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  if (shape.size() == 1) sizes += ",";
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr std::size_t kBefore = 10;
  text.append(kHeaderAlign - (kBefore + text.size() + 1) % kHeaderAlign, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

// Whether anything but zeros is in the row.
bool IsUsed(const float* row, std::size_t floats) {
  if (floats == 1) return *row != 0;
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < floats; i += 2) {
    std::uint64_t two;
    std::memcpy(&two, row + i, sizeof two);
    any |= two;
  }
  return any != 0;
}

// Where the parts of a row are.
struct Layout {
  explicit Layout(const ModelSettings& settings)
      : linear_states(static_cast<std::size_t>(StatesOf(settings.linear.kind))),
        latent_states(static_cast<std::size_t>(StatesOf(settings.latent.kind))),
        size(settings.score == ScoreKind::kLinear ? 0 : static_cast<std::size_t>(settings.size)),
        vectors(settings.score == ScoreKind::kFfm ? settings.fields : size > 0 ? 1 : 0) {}

  std::size_t linear_states;
  std::size_t latent_states;
  std::size_t size;
  std::size_t vectors;

  std::size_t vector_at(std::size_t vector) const { return kLinearFloats + vector * size * (1 + latent_states); }
};

// state: also rows that have only states, which training goes on from and predictions do without.
std::vector<std::uint32_t> UsedRows(const FixedTable& table, const Layout& layout, bool state) {
  const int workers = WorkerCount(0, table.size() / 4096 + 1);
  std::vector<std::vector<std::uint32_t>> parts(static_cast<std::size_t>(workers));
  OnWorkers(workers, [&](int worker) {
    const auto part = static_cast<std::size_t>(worker);
    const std::size_t begin = table.size() * part / parts.size();
    const std::size_t end = table.size() * (part + 1) / parts.size();
    for (std::size_t row = begin; row < end; ++row) {
      const float* const floats = table.row(row);
      if (!IsUsed(floats, table.row_floats())) continue;
      if (state || floats[0] != 0 || (layout.size > 0 && floats[kSeen] != 0)) parts[part].push_back(static_cast<std::uint32_t>(row));
    }
  });
  std::vector<std::uint32_t> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

using Shape = std::vector<std::size_t>;

Shape LatentShape(const Layout& layout, std::size_t count, bool ffm) {
  return ffm ? Shape{count, layout.vectors, layout.size} : Shape{count, layout.size};
}

Shape LatentStateShape(const Layout& layout, std::size_t count, bool ffm) {
  return ffm ? Shape{count, layout.vectors, layout.latent_states, layout.size}
             : Shape{count, layout.latent_states, layout.size};
}

template <typename T>
constexpr const char* kType = "<f4";
template <>
constexpr const char* kType<std::uint32_t> = "<u4";

// To a new file.
template <typename T>
void WriteArray(const std::string& path, const Shape& shape, const std::vector<T>& values) {
  Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (!file) throw SystemFault(errno, path);
  const std::string header = Header(kType<T>, shape);
  Check(WriteAll(file.get(), std::as_bytes(std::span(header))), path);
  Check(WriteAll(file.get(), std::as_bytes(std::span(values))), path);
  Check(file.Close(), path);
}

template <typename T>
std::vector<T> ReadArray(const std::string& path, const Shape& shape) {
  const Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!file) throw SystemFault(errno, path);
  Stat stat;
  Check(StatOf(file.get(), stat), path);
  std::size_t count = 1;
  for (const std::size_t size : shape) count *= size;
  const std::string header = Header(kType<T>, shape);
  const auto wanted = static_cast<std::int64_t>(header.size() + count * sizeof(T));
  if (!IsRegular(stat) || stat.size != wanted) {
    throw std::invalid_argument(path + ": expected " + std::to_string(wanted) + " bytes, found " +
                                std::to_string(stat.size));
  }
  std::string found(header.size(), ' ');
  std::vector<T> values(count);
  std::size_t got = 0;
  Check(ReadAt(file.get(), std::as_writable_bytes(std::span(found)), 0, got), path);
  if (found != header) throw std::invalid_argument(path + ": expected the npy header " + header.substr(10));
  Check(ReadAt(file.get(), std::as_writable_bytes(std::span(values)), header.size(), got), path);
  if (got != count * sizeof(T)) throw std::invalid_argument(path + ": the file is cut off");
  if constexpr (std::is_floating_point_v<T>) {
    const auto finite = [](T value) { return std::isfinite(value); };
    if (!std::ranges::all_of(values, finite)) throw std::invalid_argument(path + ": a value is no finite number");
  }
  return values;
}

}  // namespace

std::size_t SaveTable(const Learner& learner, const std::string& directory, bool state) {
  const FixedTable& table = learner.table();
  const Layout layout(learner.settings());
  const std::vector<std::uint32_t> rows = UsedRows(table, layout, state);
  const std::size_t count = rows.size();
  const auto place = [&](const char* name) { return directory + "/" + name; };
  WriteArray(place("rows.npy"), {count}, rows);

  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = table.row(rows[i])[0];
  WriteArray(place("weights.npy"), {count}, values);
  if (state && layout.linear_states > 0) {
    values.resize(count * layout.linear_states);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(table.row(rows[i]) + 1, layout.linear_states, &values[i * layout.linear_states]);
    }
    WriteArray(place("weights_state.npy"), {count, layout.linear_states}, values);
  }
  if (layout.size == 0) return count;

  const bool ffm = learner.settings().score == ScoreKind::kFfm;
  const auto write = [&](const char* name, std::size_t skip, std::size_t floats, const Shape& shape) {
    values.resize(count * layout.vectors * floats);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t vector = 0; vector < layout.vectors; ++vector) {
        std::copy_n(table.row(rows[i]) + layout.vector_at(vector) + skip, floats,
                    values.data() + (i * layout.vectors + vector) * floats);
      }
    }
    WriteArray(place(name), shape, values);
  };
  write("latent.npy", 0, layout.size, LatentShape(layout, count, ffm));
  if (state && layout.latent_states > 0) {
    write("latent_state.npy", layout.size, layout.size * layout.latent_states, LatentStateShape(layout, count, ffm));
  }
  return count;
}

void LoadTable(Learner& learner, const std::string& directory, std::size_t count, bool state) {
  FixedTable& table = learner.table();
  const Layout layout(learner.settings());
  const auto place = [&](const char* name) { return directory + "/" + name; };
  const auto rows = ReadArray<std::uint32_t>(place("rows.npy"), {count});
  for (const std::uint32_t row : rows) {
    if (row >= table.size()) {
      throw std::invalid_argument(place("rows.npy") + ": row " + std::to_string(row) + " of a table of " +
                                  std::to_string(table.size()));
    }
  }
  const auto weights = ReadArray<float>(place("weights.npy"), {count});
  for (std::size_t i = 0; i < count; ++i) table.row(rows[i])[0] = weights[i];
  if (state && layout.linear_states > 0) {
    const auto states = ReadArray<float>(place("weights_state.npy"), {count, layout.linear_states});
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(&states[i * layout.linear_states], layout.linear_states, table.row(rows[i]) + 1);
    }
  }
  if (layout.size == 0) return;

  const bool ffm = learner.settings().score == ScoreKind::kFfm;
  const auto read = [&](const char* name, std::size_t skip, std::size_t floats, const Shape& shape) {
    const auto values = ReadArray<float>(place(name), shape);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t vector = 0; vector < layout.vectors; ++vector) {
        std::copy_n(values.data() + (i * layout.vectors + vector) * floats, floats,
                    table.row(rows[i]) + layout.vector_at(vector) + skip);
      }
    }
  };
  read("latent.npy", 0, layout.size, LatentShape(layout, count, ffm));
  if (state && layout.latent_states > 0) {
    read("latent_state.npy", layout.size, layout.size * layout.latent_states, LatentStateShape(layout, count, ffm));
  }
  for (const std::uint32_t row : rows) table.row(row)[kSeen] = 1.0F;
}

}  // namespace tiffin::learn
