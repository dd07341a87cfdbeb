#include "engine/gather.h"

#include <map>
#include <mutex>
#include <utility>

#include "batch/threads.h"

namespace tiffin::learn {
namespace {

// The examples of one block, in no more memory than they take.
struct Part {
  explicit Part(const Rows& rows)
      : offsets(Copy(rows.offsets)),
        keys(Copy(rows.keys)),
        values(Copy(rows.values)),
        labels(Copy(rows.labels)),
        weights(Copy(rows.weights)) {}

  std::vector<std::uint32_t> offsets;
  std::vector<std::uint64_t> keys;
  std::vector<float> values;  // empty: all are 1
  std::vector<float> labels;
  std::vector<float> weights;  // as values

 private:
  template <typename T>
  static std::vector<T> Copy(const Buffer<T>& buffer) {
    return {buffer.data(), buffer.data() + buffer.size()};
  }
};

template <typename T>
void Append(std::vector<T>& all, const std::vector<T>& part) {
  all.insert(all.end(), part.begin(), part.end());
}

// The same where an empty part is one of ones.
void AppendOnes(std::vector<float>& all, const std::vector<float>& part, std::size_t size) {
  Append(all, part);
  if (part.empty()) all.resize(all.size() + size, 1.0F);
}

// Takes the parts one by one, so that no more than one of them is there twice.
void Join(std::map<std::uint64_t, Part>& parts, Gathered& all) {
  std::size_t count = 0;
  std::size_t features = 0;
  bool has_weights = false;
  for (const auto& [number, part] : parts) {
    count += part.labels.size();
    features += part.keys.size();
    has_weights = has_weights || !part.weights.empty();
  }
  all.begins.reserve(count + 1);
  all.labels.reserve(count);
  all.keys.reserve(features);
  all.values.reserve(features);
  while (!parts.empty()) {
    const Part part = std::move(parts.extract(parts.begin()).mapped());
    const auto begin = static_cast<std::int64_t>(all.keys.size());
    for (std::size_t row = 1; row < part.offsets.size(); ++row) all.begins.push_back(begin + part.offsets[row]);
    Append(all.keys, part.keys);
    Append(all.labels, part.labels);
    AppendOnes(all.values, part.values, part.keys.size());
    if (has_weights) AppendOnes(all.weights, part.weights, part.labels.size());
  }
}

}  // namespace

Gathered Gather(RowsSource& source, const ModelSettings& settings, bool labels, int threads, std::uint64_t max_bad,
                Control& control) {
  Gathered all;
  std::map<std::uint64_t, Part> parts;
  std::mutex mutex;
  OnWorkers(WorkerCount(threads, static_cast<std::size_t>(-1)), [&](int) {
    Block block;
    std::vector<Fault> faults;
    Rows rows;
    try {
      while (!control.stop.load(std::memory_order_relaxed) && source.Next(block, control.stop)) {
        rows.Clear();
        faults.clear();
        source.Parse(block, rows, faults);
        BadRows bad = TakeBad(settings, block, faults, labels, rows);
        Part part(rows);
        control.files.fetch_add(rows.size(), std::memory_order_relaxed);
        control.bytes.fetch_add(block.size, std::memory_order_relaxed);
        const std::scoped_lock lock(mutex);
        all.bytes += block.size;
        all.bad.Add(std::move(bad), max_bad);
        parts.emplace(block.number, std::move(part));
      }
    } catch (...) {  // rethrown
      control.stop.store(true, std::memory_order_relaxed);
      throw;
    }
  });
  Join(parts, all);
  return all;
}

}  // namespace tiffin::learn
