// A whole object store.
#include "batch/inventory.h"

#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bind/python.h"
#include "files/files.h"
#include "table/ids.h"
#include "table/table.h"

namespace tiffin::bind {
namespace {

struct StoreListing {
  Table files;
  Table listings;
  std::vector<std::string> others;
};

// Ids are in order, so the paths made of them are too.
Table ToTable(const std::vector<Found>& objects) {
  Table table;
  table.Reserve(objects.size(), objects.size() * 2 * Digest{}.size());
  for (const Found& object : objects) table.Append(ToHex(object.digest), object.stat, &object.digest);
  return table;
}

StoreListing List(const Path& store, int threads, nb::handle progress) {
  StoreListing listing;
  Control control;
  const Descriptor directory = OpenDirectory(store.bytes);
  Watch(control, progress, [&] {
    Inventory found = ListStore(directory.get(), threads, control);
    listing = {ToTable(found.files), ToTable(found.listings), std::move(found.others)};
  });
  return listing;
}

std::vector<int> RemoveRows(const Table& objects, const Path& store, std::string_view suffix, std::int64_t before_ns,
                            int threads, nb::handle progress) {
  std::vector<int> outcomes(objects.size(), ENOENT);
  if (objects.size() == 0) return outcomes;
  const Descriptor directory = OpenDirectory(store.bytes);
  const std::string ending(suffix);
  Control control;
  Watch(control, progress,
        [&] { RemoveObjects(directory.get(), objects.digests, ending, before_ns, outcomes, threads, control); });
  return outcomes;
}

// each(digest) for the ids in a sequence of str, or of the rows of a table that have one.
template <typename Each>
void ForEachId(nb::handle oids, Each each) {
  if (nb::isinstance<Table>(oids)) {
    const Table& table = nb::cast<const Table&>(oids);
    const nb::gil_scoped_release release;
    for (std::size_t row = 0; row < table.size(); ++row) {
      if (table.has_id(row)) each(table.digests[row]);
    }
    return;
  }
  std::vector<Digest> digests;
  for (const std::string& oid : ToStrings(oids)) digests.push_back(ToDigest(oid));
  for (const Digest& digest : digests) each(digest);
}

nb::list Names(const Ids& ids) {
  std::vector<Digest> digests = ids.All();
  std::sort(digests.begin(), digests.end());
  nb::list names;
  for (const Digest& digest : digests) names.append(ToPython(digest));
  return names;
}

Table Selected(const Ids& ids, const Table& table, bool in) {
  const nb::gil_scoped_release release;
  return table.Select(ids.Rows(table, in));
}

}  // namespace

void BindInventory(nb::module_& module) {
  using nb::literals::operator""_a;

  nb::class_<StoreListing>(module, "StoreListing",
                           "What list_store found: objects as tables whose paths are their ids without suffix, with\n"
                           "their stats; others: paths of what lies there and is no object.")
      .def_prop_ro("files", [](const StoreListing& found) { return found.files; })
      .def_prop_ro("listings", [](const StoreListing& found) { return found.listings; })
      .def_prop_ro(
          "others", [](const StoreListing& found) { return ToPython(found.others); },
          nb::for_getter(nb::sig("def others(self) -> list[str]")));

  nb::class_<Ids>(module, "Ids", "A set of ids; goes through them in order.")
      .def(nb::init<>())
      .def("__len__", &Ids::size)
      .def(
          "__contains__", [](const Ids& ids, std::string_view oid) { return ids.Has(ToDigest(oid)); }, "oid"_a)
      .def(
          "add", [](Ids& ids, nb::handle oids) { ForEachId(oids, [&](const Digest& id) { ids.Add(id); }); }, "oids"_a,
          nb::sig("def add(self, oids: collections.abc.Sequence[str] | Table) -> None"))
      .def(
          "discard", [](Ids& ids, nb::handle oids) { ForEachId(oids, [&](const Digest& id) { ids.Discard(id); }); },
          "oids"_a, nb::sig("def discard(self, oids: collections.abc.Sequence[str] | Table) -> None"))
      .def(
          "__iter__", [](const Ids& ids) { return nb::iter(Names(ids)); },
          nb::sig("def __iter__(self) -> collections.abc.Iterator[str]"))
      .def(
          "among", [](const Ids& ids, const Table& table) { return Selected(ids, table, true); }, "table"_a,
          "The rows of a table whose ids are in the set.")
      .def(
          "besides", [](const Ids& ids, const Table& table) { return Selected(ids, table, false); }, "table"_a,
          "The rows of a table whose ids are not in the set.");

  module.def("list_store", &List, "store"_a, nb::kw_only(), "threads"_a = 0, "progress"_a = nb::none(),
             nb::sig("def list_store(store: str, *, threads: int = 0, progress: collections.abc.Callable[[int, int], "
                     "object] | None = None) -> StoreListing"),
             "Everything in a store.  OSError for a directory in it that cannot be read.");
  module.def("remove_objects", &RemoveRows, "objects"_a, "store"_a, nb::kw_only(), "suffix"_a = "", "before_ns"_a,
             "threads"_a = 0, "progress"_a = nb::none(),
             nb::sig("def remove_objects(objects: Table, store: str, *, suffix: str = '', before_ns: int, threads: int "
                     "= 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> list[int]"),
             "Takes the objects of these rows out of the store, those whose ctime is before that time when it comes\n"
             "to it: an outcome each, -4 for a younger one, which stays.");
}

}  // namespace tiffin::bind
