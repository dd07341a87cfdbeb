#include "engine/arrays.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/layout.h"
#include "engine/npy.h"
#include "engine/row_files.h"

namespace tiffin::learn {
namespace {

constexpr const char* kAges = "ages.npy";
constexpr const char* kScales = "latent_scale.npy";

// Floats of a row that are an array of their own: `size` from `at` on, and so on for each vector.
struct Part {
  const char* file;
  RowShape shape;
  std::size_t at;
  std::size_t size;
  std::size_t count = 1;
  std::size_t stride = 0;

  std::size_t floats() const { return size * count; }
};

std::vector<Part> PartsOf(const ModelSettings& settings, bool state) {
  const Layout layout(settings);
  std::vector<Part> parts;
  const auto add_heads = [&](const char* file, std::size_t skip, std::size_t size, RowShape shape) {
    if (layout.heads > 1) shape.insert(shape.begin(), layout.heads);
    parts.push_back({file, std::move(shape), skip, size, layout.heads, layout.head_width});
  };
  add_heads("weights.npy", 0, 1, {});
  if (state && layout.linear_states > 0) {
    add_heads("weights_state.npy", 1, layout.linear_states, {layout.linear_states});
  }
  if (layout.size == 0) return parts;

  const bool several = settings.score == ScoreKind::kFfm || layout.heads > 1;
  const auto add = [&](const char* file, std::size_t skip, std::size_t size, RowShape shape) {
    if (several) shape.insert(shape.begin(), layout.vectors);
    parts.push_back({file, std::move(shape), layout.vector_at(0) + skip, size, layout.vectors, layout.stride});
  };
  add("latent.npy", 0, layout.size, {layout.size});
  if (state && layout.latent_states > 0) {
    add("latent_state.npy", layout.size, layout.latent_states * layout.size, {layout.latent_states, layout.size});
  }
  return parts;
}

// Copies what a part has of each row; whether all of it are finite numbers.
bool Gather(const Part& part, std::span<const NamedRow> rows, float* to) {
  bool are_finite = true;
  if (part.floats() == 1) {  // a weight, or its state: most of what there is
    for (const NamedRow& one : rows) {
      are_finite &= std::isfinite(one.row[part.at]);
      *to++ = one.row[part.at];
    }
    return are_finite;
  }
  for (const NamedRow& one : rows) {
    const float* from = one.row + part.at;
    for (std::size_t n = 0; n < part.count; ++n, from += part.stride) {
      for (std::size_t i = 0; i < part.size; ++i) {
        are_finite &= std::isfinite(from[i]);
        *to++ = from[i];
      }
    }
  }
  return are_finite;
}

// The file that names the rows, and its type.
const char* NamesOf(const Learner& learner) { return learner.is_exact() ? "keys.npy" : "rows.npy"; }
const char* NameTypeOf(const Learner& learner) {
  return learner.is_exact() ? kNpyType<std::uint64_t> : kNpyType<std::uint32_t>;
}

}  // namespace

std::size_t SaveTable(const Learner& learner, const std::string& directory, bool state, bool ages) {
  const std::vector<Part> parts = PartsOf(learner.settings(), state);
  const Layout layout(learner.settings());
  RowFiles files;
  const std::size_t names = files.Add(directory + "/" + NamesOf(learner), NameTypeOf(learner), {});
  const std::size_t values = names + 1;
  for (const Part& part : parts) files.Add(directory + "/" + part.file, kNpyType<float>, part.shape);
  std::optional<std::size_t> ages_file;
  if (ages) ages_file = files.Add(directory + "/" + kAges, kNpyType<std::uint32_t>, {});
  files.Write(learner.table().parts(), [&](std::size_t number, RowFiles::Part& to) {
    std::vector<NamedRow> heard;
    learner.table().VisitPart(number, [&](std::span<const NamedRow> rows) {
      if (!state) {  // rows that have only states: training goes on from them, and predictions do without
        heard.clear();
        std::ranges::copy_if(rows, std::back_inserter(heard), [&](const NamedRow& one) { return layout.IsHeard(one.row); });
        rows = heard;
      }
      if (learner.is_exact()) {
        std::ranges::transform(rows, to.Append<std::uint64_t>(names, rows.size()), &NamedRow::name);
      } else {
        std::ranges::transform(rows, to.Append<std::uint32_t>(names, rows.size()),
                               [](const NamedRow& one) { return static_cast<std::uint32_t>(one.name); });
      }
      if (ages_file) std::ranges::transform(rows, to.Append<std::uint32_t>(*ages_file, rows.size()), &NamedRow::age);
      bool are_finite = true;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        are_finite &= Gather(parts[i], rows, to.Append<float>(values + i, rows.size() * parts[i].floats()));
      }
      if (!are_finite) throw std::overflow_error("a number of the model is not finite");  // it could not be read
      to.End(rows.size());
    });
  });
  return files.Finish();
}

std::unique_ptr<MappedTable> MapTable(const Learner& learner, const Saved& saved, bool mapped) {
  const Layout layout(learner.settings());
  const auto open = [&](const char* file, const char* type, const RowShape& shape) {
    return NpyArray(saved.directory + "/" + file, type, saved.rows, shape, mapped);
  };
  MappedTable::Settings settings{.names = open(NamesOf(learner), NameTypeOf(learner), {}),
                                 .bits = learner.is_exact() ? 0 : learner.table_settings().bits,
                                 .rows = saved.rows,
                                 .width = RowWidth(learner.settings()),
                                 .parts = {}};
  if (layout.size > 0) settings.ones = kSeen;
  if (saved.ages) settings.ages = open(kAges, kNpyType<std::uint32_t>, {});
  for (const Part& part : PartsOf(learner.settings(), saved.state)) {
    MappedPart found{open(part.file, NpyTypeOf(saved.kind), part.shape), saved.kind, part.at,
                     part.size, part.count, part.stride, saved.weights_scale};
    if (saved.kind == NumberKind::kByte && part.at != 0) found.scales = open(kScales, kNpyType<float>, {});
    settings.parts.push_back(std::move(found));
  }
  return std::make_unique<MappedTable>(std::move(settings));
}

void LoadTable(Learner& learner, const Saved& saved) {
  learner.table().Fill(*MapTable(learner, saved, false), saved.rows);
}

}  // namespace tiffin::learn
