// Stores of DVC 2.
#include "batch/legacy.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <numeric>

#include "bind/python.h"
#include "files/files.h"
#include "table/table.h"

namespace tiffin::bind {
namespace {

using Rows = std::vector<std::size_t>;

struct Batch {
  Batch(const Table& table, Rows chosen) : rows(std::move(chosen)), outcomes(rows.size(), kOk) {
    for (const std::size_t row : rows) {
      if (row >= table.size()) throw nb::index_error("row beyond the end of the table");
      paths.emplace_back(table.path(row));
      digests.push_back(table.digests[row]);
      stats.push_back(table.stat(row));
    }
  }

  nb::list Failed() const {
    nb::list failed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (outcomes[i] != kOk) failed.append(nb::make_tuple(ToPython(paths[i]), outcomes[i]));
    }
    return failed;
  }

  Rows rows;
  std::vector<std::string> paths;
  std::vector<Digest> digests;
  std::vector<Stat> stats;
  std::vector<int> outcomes;
};

void RequireIds(const Table& table, const Rows& rows) {
  for (const std::size_t row : rows) {
    if (row >= table.size()) throw nb::index_error("row beyond the end of the table");
    if (!table.has_id(row)) throw std::invalid_argument("no id for " + std::string(table.path(row)));
  }
}

nb::list HashRows(Table& table, const Path& root, int threads, nb::handle progress) {
  Rows rows;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (!table.has_id(row)) rows.push_back(row);
  }
  if (rows.empty()) return {};
  Batch batch(table, std::move(rows));
  const Descriptor directory = OpenDirectory(root.bytes);
  Control control;
  Watch(control, progress, [&] {
    HashLegacy(directory.get(), batch.paths, batch.digests, batch.stats, batch.outcomes, threads, control);
  });
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    if (batch.outcomes[i] != kOk) continue;
    table.set_id(batch.rows[i], batch.digests[i]);
    table.set_stat(batch.rows[i], batch.stats[i]);
  }
  return batch.Failed();
}

nb::list StoreRows(const Table& table, const Rows& rows, const Path& root, const Path& store, int threads,
                   nb::handle progress) {
  RequireIds(table, rows);
  if (rows.empty()) return {};
  Batch batch(table, rows);
  MakeStore(store.bytes);
  const Descriptor directory = OpenDirectory(root.bytes);
  const Descriptor objects = OpenDirectory(store.bytes);
  Control control;
  Watch(control, progress, [&] {
    StoreLegacy(directory.get(), batch.paths, objects.get(), batch.digests, batch.outcomes, threads, control);
  });
  return batch.Failed();
}

nb::list PlaceRows(Table& target, const std::optional<Rows>& rows, const Path& root, const Path& store,
                   nb::handle links, const Rows& executable, int threads, nb::handle progress) {
  const std::vector<Link> kinds = ToLinks(links);
  Rows chosen(rows ? 0 : target.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (rows) chosen = *rows;
  RequireIds(target, chosen);
  RequireIds(target, executable);
  if (chosen.empty()) return {};
  std::vector<std::uint8_t> marked(target.size());
  for (const std::size_t row : executable) marked[row] = 1;
  std::vector<std::uint8_t> runs;
  for (const std::size_t row : chosen) runs.push_back(marked[row]);
  Batch batch(target, std::move(chosen));
  MakeDirectories(root.bytes);
  const Descriptor directory = OpenDirectory(root.bytes);
  const Descriptor objects = OpenDirectory(store.bytes);
  Control control;
  Watch(control, progress, [&] {
    PlaceLegacy(objects.get(), batch.digests, directory.get(), batch.paths, runs, kinds, batch.stats, batch.outcomes,
                threads, control);
  });
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    if (batch.outcomes[i] == kOk) target.set_stat(batch.rows[i], batch.stats[i]);
  }
  return batch.Failed();
}

nb::list Transfer(nb::handle oids, const Path& source, const Path& destination, int threads, nb::handle progress) {
  std::vector<Digest> digests;
  for (const std::string& oid : ToStrings(oids)) digests.push_back(ToDigest(oid));
  if (digests.empty()) return {};
  MakeStore(destination.bytes);
  const Descriptor from = OpenDirectory(source.bytes);
  const Descriptor to = OpenDirectory(destination.bytes);
  std::vector<int> outcomes(digests.size());
  Control control;
  Watch(control, progress, [&] { TransferLegacy(from.get(), to.get(), digests, outcomes, threads, control); });
  nb::list failed;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (outcomes[i] != kOk) failed.append(nb::make_tuple(ToPython(digests[i]), outcomes[i]));
  }
  return failed;
}

}  // namespace

void BindLegacy(nb::module_& module) {
  using nb::literals::operator""_a;

  module.def("legacy_hash_rows", &HashRows, "table"_a, "root"_a, nb::kw_only(), "threads"_a = 0,
             "progress"_a = nb::none(),
             nb::sig("def legacy_hash_rows(table: Table, root: str, *, threads: int = 0, progress: "
                     "collections.abc.Callable[[int, int], object] | None = None) -> list[tuple[str, int]]"),
             "hash_rows with the ids of DVC 2.");
  module.def("legacy_store_rows", &StoreRows, "table"_a, "rows"_a, "root"_a, "store"_a, nb::kw_only(),
             "threads"_a = 0, "progress"_a = nb::none(),
             nb::sig("def legacy_store_rows(table: Table, rows: collections.abc.Sequence[int], root: str, store: str, "
                     "*, threads: int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> "
                     "list[tuple[str, int]]"),
             "Copies the files of these rows into a store under their ids.  (path, outcome) of those that failed.");
  module.def("legacy_place_rows", &PlaceRows, "target"_a, "rows"_a.none(), "root"_a, "store"_a, "links"_a,
             nb::kw_only(), "executable"_a = Rows{}, "threads"_a = 0, "progress"_a = nb::none(),
             nb::sig("def legacy_place_rows(target: Table, rows: collections.abc.Sequence[int] | None, root: str, "
                     "store: str, links: collections.abc.Sequence[str], *, executable: "
                     "collections.abc.Sequence[int] = (), threads: int = 0, progress: "
                     "collections.abc.Callable[[int, int], object] | None = None) -> list[tuple[str, int]]"),
             "place_rows from a store of DVC 2.");
  module.def("legacy_transfer", &Transfer, "oids"_a, "source"_a, "destination"_a, nb::kw_only(), "threads"_a = 0,
             "progress"_a = nb::none(),
             nb::sig("def legacy_transfer(oids: collections.abc.Sequence[str], source: str, destination: str, *, "
                     "threads: int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> "
                     "list[tuple[str, int]]"),
             "Copies objects between stores of DVC 2, checking each.  (oid, outcome) of those that failed.");
}

}  // namespace tiffin::bind
