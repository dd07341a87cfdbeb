// Work on many files at once.
#include "batch/batch.h"

#include <fcntl.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>

#include "bind/python.h"
#include "files/files.h"
#include "table/ids.h"
#include "table/table.h"

namespace tiffin::bind {
namespace {

using Rows = std::vector<std::size_t>;

// Some rows of a table as the batch functions want them.
struct Batch {
  Batch(const Table& table, Rows chosen) : rows(std::move(chosen)), outcomes(rows.size(), kOk) {
    paths.reserve(rows.size());
    digests.reserve(rows.size());
    stats.reserve(rows.size());
    for (const std::size_t row : rows) {
      paths.emplace_back(table.path(row));
      digests.push_back(table.digests[row]);
      stats.push_back(table.stat(row));
    }
  }

  // Writes what was done back, and lists what was not.
  nb::list Finish(Table& table) const {
    nb::list failed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (outcomes[i] == kOk) {
        table.set_id(rows[i], digests[i]);
        table.set_stat(rows[i], stats[i]);
      } else {
        failed.append(nb::make_tuple(ToPython(paths[i]), outcomes[i]));
      }
    }
    return failed;
  }

  Rows rows;
  std::vector<std::string> paths;
  std::vector<Digest> digests;
  std::vector<Stat> stats;
  std::vector<int> outcomes;
};

Rows RowsWithoutId(const Table& table) {
  Rows rows;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (!table.has_id(row)) rows.push_back(row);
  }
  return rows;
}

// Whether there is so little to read that a thread is not worth it.
bool IsBrief(const Table& table) {
  constexpr std::size_t kRows = 8;
  constexpr std::int64_t kBytes = 1 << 20;
  if (table.size() > kRows) return false;
  return std::ranges::all_of(table.sizes, [](std::int64_t size) { return size >= 0 && size <= kBytes; });
}

nb::list HashRows(Table& table, const Path& root, int threads, nb::handle progress) {
  Batch batch(table, RowsWithoutId(table));
  if (batch.rows.empty()) return {};
  const Descriptor directory = OpenDirectory(root.bytes);
  Control control;
  Watch(control, progress,
        [&] { HashFiles(directory.get(), batch.paths, batch.digests, batch.stats, batch.outcomes, threads, control); },
        IsBrief(table));
  return batch.Finish(table);
}

// Rows whose object the store does not have in the file's size, or whose id is not known.
Rows RowsToStore(const Table& table, int store, int threads) {
  Rows rows = RowsWithoutId(table);
  if (rows.size() == table.size()) return rows;
  std::vector<std::uint8_t> present(table.size());
  PresentInSize(store, table.digests, table.sizes, present, threads);
  rows.clear();
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (!table.has_id(row) || present[row] == 0) rows.push_back(row);
  }
  return rows;
}

// Objects whose content is known as rows (32 hex digits, id, stat of the object).
Table SoundObjects(const std::vector<Digest>& digests, const std::vector<Stat>& objects) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (objects[i].size >= 0) order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](std::size_t i) { return digests[i]; });
  const auto [first, last] = std::ranges::unique(order, {}, [&](std::size_t i) { return digests[i]; });
  order.erase(first, last);
  Table table;
  table.Reserve(order.size(), order.size() * 32);
  for (const std::size_t i : order) table.Append(ToHex(digests[i]), objects[i], &digests[i]);
  return table;
}

// The stats under which the table says the objects are sound.
std::vector<Stat> SoundStats(const Table* given, const std::vector<Digest>& digests) {
  std::vector<Stat> objects(digests.size());
  if (given == nullptr || given->size() == 0) return objects;
  const Table& table = *given;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const std::size_t row = table.Find(ToHex(digests[i]));
    if (row == table.size() || (table.flags[row] & Table::kRacy) != 0 || !table.has_id(row)) continue;
    if (table.digests[row] == digests[i]) objects[i] = table.stat(row);
  }
  return objects;
}

struct StoreResult {
  std::uint64_t stored;
  std::uint64_t bytes;
  Table sound;
  nb::list failed;
};

struct PlaceResult {
  Table sound;
  nb::list failed;
};

StoreResult StoreRows(Table& table, const Path& root, const Path& store, nb::handle links, int threads,
                      nb::handle progress) {
  const std::vector<Link> kinds = ToLinks(links);
  MakeStore(store.bytes);
  const Descriptor directory = OpenDirectory(root.bytes);
  const Descriptor objects = OpenDirectory(store.bytes);
  Control control;
  // Copies lie in the workspace; only of objects that are reached from there it matters later.
  const bool linked = !kinds.empty() && (kinds[0] == Link::kHardlink || kinds[0] == Link::kSymlink);
  std::vector<Stat> made;
  std::optional<Batch> batch;
  const auto work = [&] {
    const bool all_new = RowsWithoutId(table).size() == table.size();
    batch.emplace(table, all_new ? RowsWithoutId(table) : RowsToStore(table, objects.get(), threads));
    if (linked) made.resize(batch->rows.size());
    StoreFiles(directory.get(), batch->paths, objects.get(), kinds, batch->digests, batch->stats, made, batch->outcomes,
               threads, control);
  };
  Watch(control, progress, work, IsBrief(table));
  return {control.new_objects, control.new_object_bytes, SoundObjects(batch->digests, made), batch->Finish(table)};
}

PlaceResult PlaceRows(Table& target, const std::optional<Rows>& rows, const Path& root, const Path& store,
                      nb::handle links, const Rows& executable, const Table* sound, bool fresh, int threads,
                      nb::handle progress) {
  const std::vector<Link> kinds = ToLinks(links);
  Rows all(rows ? 0 : target.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Rows& chosen = rows ? *rows : all;
  std::vector<std::uint8_t> runs(target.size());
  for (const Rows* some : {&chosen, &executable}) {
    for (const std::size_t row : *some) {
      if (row >= target.size()) throw nb::index_error("row beyond the end of the table");
    }
  }
  for (const std::size_t row : executable) runs[row] = 1;
  std::vector<std::uint8_t> modes;
  for (const std::size_t row : chosen) {
    if (!target.has_id(row)) throw std::invalid_argument("no id for " + std::string(target.path(row)));
    modes.push_back(runs[row]);
  }
  if (chosen.empty()) return {};
  Batch batch(target, chosen);
  MakeDirectories(root.bytes);
  const Descriptor directory = OpenDirectory(root.bytes);
  const Descriptor objects = OpenDirectory(store.bytes);
  Control control;
  std::vector<Stat> known;
  Watch(control, progress, [&] {
    if (!kinds.empty() && kinds[0] != Link::kCopy) known = SoundStats(sound, batch.digests);
    PlaceObjects(objects.get(), batch.digests, directory.get(), batch.paths, modes, kinds, batch.stats, known,
                 batch.outcomes, threads, control, fresh);
  });
  return {SoundObjects(batch.digests, known), batch.Finish(target)};
}

// The ids in a sequence of str, or of a table, in order.
std::vector<Digest> ToDigests(nb::handle oids) {
  std::vector<Digest> digests;
  if (nb::isinstance<Table>(oids)) {
    const Table& table = nb::cast<const Table&>(oids);
    for (std::size_t row = 0; row < table.size(); ++row) {
      if (!table.has_id(row)) throw std::invalid_argument("no id for " + std::string(table.path(row)));
    }
    return {table.digests.begin(), table.digests.end()};
  }
  if (nb::isinstance<Ids>(oids)) return nb::cast<const Ids&>(oids).All();
  for (const std::string& oid : ToStrings(oids)) digests.push_back(ToDigest(oid));
  return digests;
}

// Nothing where the store itself is not there.
std::optional<Descriptor> OpenStore(const Path& store) {
  Stat stat;
  if (StatAt(AT_FDCWD, store.bytes.c_str(), true, stat) == ENOENT) return std::nullopt;
  return OpenDirectory(store.bytes);
}

struct TransferResult {
  std::uint64_t copied;
  std::uint64_t bytes;
  nb::list failed;
};

TransferResult Transfer(nb::handle oids, const Path& source, const Path& destination, std::string_view suffix,
                        int threads, nb::handle progress) {
  std::vector<Digest> digests = ToDigests(oids);
  if (digests.empty()) return {0, 0, {}};
  MakeStore(destination.bytes);
  const Descriptor to = OpenDirectory(destination.bytes);
  const std::string ending(suffix);
  std::vector<int> outcomes;
  Control control;
  Watch(control, progress, [&] {
    std::sort(digests.begin(), digests.end());
    digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
    std::vector<std::uint8_t> present(digests.size());
    // A source that is not there is no fault where nothing is asked of it.
    std::optional<Descriptor> from = OpenStore(source);
    PresentWhole(to.get(), from ? from->get() : -1, digests, ending, present, threads);
    control.files = static_cast<std::uint64_t>(std::count(present.begin(), present.end(), 1));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (present[i] == 0) digests[kept++] = digests[i];
    }
    digests.resize(kept);
    outcomes.resize(kept);
    if (kept == 0) return;
    if (!from) from = OpenDirectory(source.bytes);
    TransferObjects(from->get(), to.get(), digests, ending, outcomes, threads, control);
  });
  TransferResult result{control.new_objects, control.new_object_bytes, {}};
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (outcomes[i] != kOk) result.failed.append(nb::make_tuple(ToPython(digests[i]), outcomes[i]));
  }
  return result;
}

nb::list Present(nb::handle oids, const Path& store, std::string_view suffix, bool whole, int threads) {
  const std::vector<Digest> digests = ToDigests(oids);
  std::vector<std::uint8_t> present(digests.size());
  if (const std::optional<Descriptor> objects = OpenStore(store); objects && !digests.empty()) {
    const std::string ending(suffix);
    const Table* table = nb::isinstance<Table>(oids) ? nb::cast<const Table*>(oids) : nullptr;
    const nb::gil_scoped_release release;
    if (whole && table != nullptr) {
      PresentInSize(objects->get(), digests, table->sizes, present, threads);
    } else if (whole) {
      PresentWhole(objects->get(), -1, digests, ending, present, threads);
    } else {
      PresentObjects(objects->get(), digests, ending, present, threads);
    }
  }
  nb::list result;
  for (const std::uint8_t there : present) result.append(nb::bool_(there != 0));
  return result;
}

std::vector<std::int64_t> ObjectSizes(const Table& table, const Path& store, int threads) {
  std::vector<std::int64_t> sizes(table.size(), -1);
  const std::optional<Descriptor> objects = OpenStore(store);
  if (!objects) return sizes;
  const nb::gil_scoped_release release;
  SizeObjects(objects->get(), table.digests, sizes, threads);
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (!table.has_id(row)) sizes[row] = -1;
  }
  return sizes;
}

std::vector<int> Verify(nb::handle oids, const Path& store, std::string_view suffix, int threads, nb::handle progress) {
  const std::vector<Digest> digests = ToDigests(oids);
  std::vector<int> outcomes(digests.size(), ENOENT);
  const std::optional<Descriptor> objects = OpenStore(store);
  if (!objects || digests.empty()) return outcomes;
  const std::string ending(suffix);
  Control control;
  Watch(control, progress, [&] { VerifyObjects(objects->get(), digests, ending, outcomes, threads, control); });
  return outcomes;
}

}  // namespace

void BindBatch(nb::module_& module) {
  using nb::literals::operator""_a;

  nb::class_<StoreResult>(module, "StoreResult",
                          "What store_rows did: new objects, their bytes, (path, outcome) of the failed.\n"
                          "sound: those objects as rows (id, id, stat), where files of the workspace become links.")
      .def_ro("stored", &StoreResult::stored)
      .def_ro("bytes", &StoreResult::bytes)
      .def_ro("sound", &StoreResult::sound)
      .def_ro("failed", &StoreResult::failed, nb::for_getter(nb::sig("def failed(self) -> list[tuple[str, int]]")));
  nb::class_<PlaceResult>(module, "PlaceResult",
                          "What place_rows did: (path, outcome) of the failed.\n"
                          "sound: the objects that were linked or cloned, as rows (id, id, stat).")
      .def_ro("sound", &PlaceResult::sound)
      .def_ro("failed", &PlaceResult::failed, nb::for_getter(nb::sig("def failed(self) -> list[tuple[str, int]]")));
  nb::class_<TransferResult>(module, "TransferResult",
                             "What transfer did: objects, bytes, (oid, outcome) of the failed.")
      .def_ro("copied", &TransferResult::copied)
      .def_ro("bytes", &TransferResult::bytes)
      .def_ro("failed", &TransferResult::failed, nb::for_getter(nb::sig("def failed(self) -> list[tuple[str, int]]")));

  module.def("hash_rows", &HashRows, "table"_a, "root"_a, nb::kw_only(), "threads"_a = 0, "progress"_a = nb::none(),
             nb::sig("def hash_rows(table: Table, root: str, *, threads: int = 0, progress: "
                     "collections.abc.Callable[[int, int], object] | None = None) -> list[tuple[str, int]]"),
             "In place: rows without id get one, and a fresh stat.  (path, outcome) of those that failed.");
  module.def("store_rows", &StoreRows, "table"_a, "root"_a, "store"_a, "links"_a, nb::kw_only(), "threads"_a = 0,
             "progress"_a = nb::none(),
             nb::sig("def store_rows(table: Table, root: str, store: str, links: collections.abc.Sequence[str], *, "
                     "threads: int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> "
                     "StoreResult"),
             "In place: rows without id are hashed while they are copied into the store; rows whose object is absent\n"
             "are copied too, and take the id of what was copied.  links: types to try, in order.  Nothing is synced.");
  module.def(
      "place_rows", &PlaceRows, "target"_a, "rows"_a.none(), "root"_a, "store"_a, "links"_a, nb::kw_only(),
      "executable"_a = Rows{}, "sound"_a = nb::none(), "fresh"_a = false, "threads"_a = 0, "progress"_a = nb::none(),
      nb::sig("def place_rows(target: Table, rows: collections.abc.Sequence[int] | None, root: str, store: str, "
              "links: collections.abc.Sequence[str], *, executable: collections.abc.Sequence[int] = (), sound: "
              "Table | None = None, fresh: bool = False, threads: int = 0, progress: collections.abc.Callable[[int, int], object] | None "
              "= None) -> PlaceResult"),
      "Puts the objects of these rows (None: all) at their paths below root, and in place their stats into the\n"
      "table.  Every object is hashed on the way, but for links to those that `sound` knows under their stat.\n"
      "fresh: root is empty, and nobody else's business yet.");
  module.def(
      "transfer", &Transfer, "oids"_a, "source"_a, "destination"_a, nb::kw_only(), "suffix"_a = "", "threads"_a = 0,
      "progress"_a = nb::none(),
      nb::sig("def transfer(oids: collections.abc.Sequence[str] | Table | Ids, source: str, destination: str, *, "
              "suffix: str = '', threads: int = 0, progress: collections.abc.Callable[[int, int], object] | None "
              "= None) -> TransferResult"),
      "Copies the objects the destination lacks, checking each on the way.");
  module.def("present", &Present, "oids"_a, "store"_a, nb::kw_only(), "suffix"_a = "", "whole"_a = false,
             "threads"_a = 0,
             nb::sig("def present(oids: collections.abc.Sequence[str] | Table, store: str, *, suffix: str = '', "
                     "whole: bool = False, threads: int = 0) -> list[bool]"),
             "Whether the store has each object, in order; whole: and that it is not empty, unless its id\n"
             "says so, and of the size that a table gives for it.");
  module.def("object_sizes", &ObjectSizes, "table"_a, "store"_a, nb::kw_only(), "threads"_a = 0,
             nb::sig("def object_sizes(table: Table, store: str, *, threads: int = 0) -> list[int]"),
             "The bytes of each row's object; -1 where the store has none.");
  module.def(
      "verify", &Verify, "oids"_a, "store"_a, nb::kw_only(), "suffix"_a = "", "threads"_a = 0,
      "progress"_a = nb::none(),
      nb::sig("def verify(oids: collections.abc.Sequence[str] | Table, store: str, *, suffix: str = '', threads: "
              "int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> list[int]"),
      "Reads objects again: an outcome each, in order.");
}

}  // namespace tiffin::bind
