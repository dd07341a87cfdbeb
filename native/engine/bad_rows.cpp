#include "engine/bad_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>
#include <utility>

#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kMostKept = 20;  // that are remembered

bool Comes(const BadRow& one, const BadRow& other) {
  return std::tie(one.file, one.line) < std::tie(other.file, other.line);
}

bool Allows(const ModelSettings& settings, float label) {
  if (settings.loss == LossKind::kSoftmax) return Softmax::Allows(label, settings.heads);
  return WithLoss(settings.loss, [&](auto loss) { return loss.Allows(label); });
}

// What is wrong, in words.
std::string OnLabel(const ModelSettings& settings, float label) {
  if (std::isnan(label)) return "the example has no label";
  char text[32];
  std::snprintf(text, sizeof text, "label %g", static_cast<double>(label));
  if (settings.loss == LossKind::kSoftmax) {
    return std::string(text) + " is no class: they go from 0 to " + std::to_string(settings.heads - 1);
  }
  return std::string(text) +
         (settings.loss == LossKind::kPoisson ? " is no count" : " is neither 0 and 1 nor -1 and 1");
}

// What all but a few labels are.
bool IsFine(const ModelSettings& settings, std::span<const float> labels) {
  return labels.size() == 1 && Allows(settings, labels[0]);
}

// The same of all labels; "" where they are as they should be.  Of several tasks some may be unknown.
std::string OnLabels(const ModelSettings& settings, std::span<const float> labels) {
  std::size_t unknown = 0;
  for (const float label : labels) {
    if (labels.size() > 1 && std::isnan(label)) {
      ++unknown;
    } else if (!Allows(settings, label)) {
      return OnLabel(settings, label);
    }
  }
  return unknown > 0 && unknown == labels.size() ? "the example has no label" : "";
}

// The same; "" where the fields are those of the model.
std::string OnFields(const ModelSettings& settings, const Rows& rows, std::size_t row) {
  for (std::uint32_t i = rows.offsets[row]; i < rows.offsets[row + 1]; ++i) {
    const std::uint32_t field = FieldOf(rows.keys[i]);
    if (field >= settings.fields) {
      return "field " + std::to_string(field) + ", and the model has " + std::to_string(settings.fields) + " of them";
    }
  }
  return "";
}

}  // namespace

void BadRows::Add(BadRows&& other, std::uint64_t most) {
  if (other.count == 0) return;
  count += other.count;
  for (BadRow& row : other.first) first.push_back(std::move(row));
  std::ranges::sort(first, Comes);
  if (first.size() > kMostKept) first.resize(kMostKept);
  if (count > most) throw TooManyBadRows{first.front()};
}

BadRows TakeBad(const ModelSettings& settings, const Block& block, const std::vector<Fault>& faults, bool labels,
                Rows& rows) {
  BadRows bad{faults.size(), {}};
  const auto line = [&](std::size_t number) { return block.first_line + number + 1; };
  for (std::size_t i = 0; i < std::min(faults.size(), kMostKept); ++i) {
    const Fault& fault = faults[i];
    bad.first.push_back({block.file, line(fault.line), fault.column, fault.what});
  }
  std::vector<std::size_t> gone;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const bool is_labelled = !labels || IsFine(settings, rows.LabelsOf(row));
    if (is_labelled && settings.score != ScoreKind::kFfm) continue;
    std::string what = is_labelled ? "" : OnLabels(settings, rows.LabelsOf(row));
    if (what.empty() && settings.score == ScoreKind::kFfm) what = OnFields(settings, rows, row);
    if (what.empty()) continue;
    if (gone.size() < kMostKept) bad.first.push_back({block.file, line(rows.lines[row]), 0, std::move(what)});
    gone.push_back(row);
  }
  rows.Remove(gone);
  bad.count += gone.size();
  std::ranges::sort(bad.first, Comes);
  return bad;
}

}  // namespace tiffin::learn
