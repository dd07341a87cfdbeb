// Table and what is made from tables.
#include "table/table.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>

#include "batch/threads.h"
#include "bind/python.h"
#include "table/index_file.h"
#include "table/manifest.h"

namespace tiffin::bind {
namespace {

using Rows = std::vector<std::size_t>;

void CheckRow(const Table& table, std::size_t row) {
  if (row >= table.size()) {
    throw nb::index_error(("row " + std::to_string(row) + " of a table of " + std::to_string(table.size())).c_str());
  }
}

void CheckRows(const Table& table, const Rows& rows) {
  for (const std::size_t row : rows) CheckRow(table, row);
}

Table FromRows(nb::handle rows) {
  TableBuilder builder;
  for (const nb::handle row : rows) {
    std::pair<Path, Path> fields;
    if (!nb::try_cast(row, fields)) throw nb::type_error("expected rows of (str, str)");
    const auto& [path, oid] = fields;
    const auto fault = path.bytes.empty() ? std::nullopt : PathFault(path.bytes);
    if (fault) throw std::invalid_argument(std::string(*fault) + ": " + path.bytes);
    builder.Add(path.bytes, ToDigest(oid.bytes));
  }
  return builder.Build();
}

Table FromManifest(nb::bytes body) {
  const std::string_view text(body.c_str(), body.size());
  const nb::gil_scoped_release release;
  return ReadManifest(text);
}

nb::bytes Manifest(const Table& table) {
  std::string body;
  {
    const nb::gil_scoped_release release;
    body = WriteManifest(table);
  }
  return nb::bytes(body.data(), body.size());
}

nb::str ManifestIdOf(const Table& table) {
  Digest id;
  {
    const nb::gil_scoped_release release;
    id = ManifestId(table);
  }
  return nb::str(ToHex(id).c_str());
}

nb::tuple SaveNamed(const Table& table, const Path& path, std::int64_t now_ns) {
  std::uint64_t inode = 0;
  Digest id;
  {
    const nb::gil_scoped_release release;
    OnWorkers(2, [&](int worker) {
      if (worker == 0) {
        inode = SaveTable(table, path.bytes, now_ns);
      } else {
        id = ManifestId(table);
      }
    });
  }
  return nb::make_tuple(inode, ToPython(id));
}

template <typename Value>
nb::list Listed(const Table& table, Value value) {
  nb::list list = nb::steal<nb::list>(PyList_New(static_cast<Py_ssize_t>(table.size())));
  for (std::size_t row = 0; row < table.size(); ++row) {
    PyList_SetItem(list.ptr(), static_cast<Py_ssize_t>(row), nb::object(value(row)).release().ptr());
  }
  return list;
}

nb::object Oid(const Table& table, std::size_t row) {
  return table.has_id(row) ? ToPython(table.digests[row]) : nb::none();
}

std::int64_t Find(const Table& table, const Path& path) {
  const std::size_t row = table.Find(path.bytes);
  return row == table.size() ? -1 : static_cast<std::int64_t>(row);
}

std::int64_t TotalSize(const Table& table) {
  std::int64_t total = 0;
  for (const std::int64_t size : table.sizes) total += size > 0 ? size : 0;
  return total;
}

std::size_t Missing(const Table& table) {
  std::size_t missing = 0;
  for (std::size_t row = 0; row < table.size(); ++row) missing += table.has_id(row) ? 0 : 1;
  return missing;
}

Table Forget(const Table& table, const Rows& rows) {
  CheckRows(table, rows);
  Table result = table;
  for (const std::size_t row : rows) result.clear_id(row);
  return result;
}

Table Select(const Table& table, const Rows& rows) {
  CheckRows(table, rows);
  return table.Select(rows);
}

Table Without(const Table& table, const std::vector<Path>& paths) {
  std::vector<std::string> unwanted;
  unwanted.reserve(paths.size());
  for (const Path& path : paths) unwanted.push_back(path.bytes);
  std::sort(unwanted.begin(), unwanted.end());
  return table.Without(unwanted);
}

nb::list Named(const Table& table, const Path& name) {
  nb::list paths;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string_view path = table.path(row);
    if (!path.ends_with(name.bytes)) continue;
    if (path.size() == name.bytes.size() || path[path.size() - name.bytes.size() - 1] == '/') {
      paths.append(ToPython(path));
    }
  }
  return paths;
}

nb::list FoldersOf(const Table& table) {
  std::vector<Folder> folders;
  {
    const nb::gil_scoped_release release;
    folders = Folders(table);
  }
  nb::list rows;
  for (const Folder& folder : folders) rows.append(nb::make_tuple(ToPython(folder.path), folder.files, folder.bytes));
  return rows;
}

// What differs between two tables; the lists are sorted by path.
struct Changes {
  nb::list added;
  nb::list modified;
  nb::list deleted;
  std::size_t same;
};

nb::list PathsOf(const Table& table, const Rows& rows) {
  nb::list paths;
  for (const std::size_t row : rows) paths.append(ToPython(table.path(row)));
  return paths;
}

Changes Diff(const Table& before, const Table& after) {
  Difference difference;
  {
    const nb::gil_scoped_release release;
    difference = Compare(before, after);
  }
  return {PathsOf(after, difference.added), PathsOf(after, difference.modified), PathsOf(before, difference.deleted),
          difference.same};
}

template <auto Column>
auto Cell(const Table& table, std::size_t row) {
  CheckRow(table, row);
  return (table.*Column)[row];
}

}  // namespace

void BindTable(nb::module_& module) {
  using nb::literals::operator""_a;
  using Unlocked = nb::call_guard<nb::gil_scoped_release>;

  nb::class_<Table>(module, "Table",
                    "Files as columns: path, id, and what stat said.  Rows are sorted by path, as bytes.")
      .def("__len__", &Table::size)
      .def_static("from_rows", &FromRows, "rows"_a,
                  nb::sig("def from_rows(rows: collections.abc.Iterable[tuple[str, str]]) -> Table"),
                  "From (path, 32 hex digits).  ValueError for a path that comes twice or leaves its directory.")
      .def_static("from_manifest", &FromManifest, "body"_a,
                  "From the body of a .dir object.  ValueError names the byte offset of what is wrong.")
      .def("manifest", &Manifest, "The body of a .dir object.  ValueError for a row without id or a path not UTF-8.")
      .def("manifest_id", &ManifestIdOf, "The MD5 of that body, in hex.  ValueError as there.")
      .def(
          "paths",
          [](const Table& table) { return Listed(table, [&](std::size_t row) { return ToPython(table.path(row)); }); },
          nb::sig("def paths(self) -> list[str]"))
      .def(
          "oids", [](const Table& table) { return Listed(table, [&](std::size_t row) { return Oid(table, row); }); },
          nb::sig("def oids(self) -> list[str | None]"))
      .def(
          "sizes",
          [](const Table& table) { return Listed(table, [&](std::size_t row) { return nb::int_(table.sizes[row]); }); },
          nb::sig("def sizes(self) -> list[int]"), "In bytes; -1 where not known.")
      .def(
          "path",
          [](const Table& table, std::size_t row) {
            CheckRow(table, row);
            return ToPython(table.path(row));
          },
          "row"_a, nb::sig("def path(self, row: int) -> str"))
      .def(
          "oid",
          [](const Table& table, std::size_t row) {
            CheckRow(table, row);
            return Oid(table, row);
          },
          "row"_a, nb::sig("def oid(self, row: int) -> str | None"))
      .def("size", &Cell<&Table::sizes>, "row"_a)
      .def("mode", &Cell<&Table::modes>, "row"_a)
      .def("mtime_ns", &Cell<&Table::mtimes_ns>, "row"_a)
      .def("ctime_ns", &Cell<&Table::ctimes_ns>, "row"_a)
      .def("inode", &Cell<&Table::inodes>, "row"_a)
      .def("find", &Find, "path"_a, "The row of a path, or -1.")
      .def("total_size", &TotalSize, "Bytes over the rows whose size is known.")
      .def("folders", &FoldersOf, nb::sig("def folders(self) -> list[tuple[str, int, int]]"),
           "(path, files, bytes) of every directory above a row, a directory before those in it.")
      .def("missing", &Missing, "Number of rows without id.")
      .def("forget", &Forget, "rows"_a, "The same table, these rows without id.")
      .def(
          "under", [](const Table& table, const Path& prefix) { return table.Under(prefix.bytes); }, "prefix"_a,
          "The rows below a directory, their paths from there.")
      .def(
          "replace_under",
          [](const Table& table, const Path& prefix, const Table& rows) {
            return table.ReplaceUnder(prefix.bytes, rows);
          },
          "prefix"_a, "rows"_a,
          "All rows at or below prefix (\"\" = all) give way to `rows` put below it; a row with an empty path is put "
          "at it.")
      .def("select", &Select, "rows"_a)
      .def("merged", &Table::Merged, "newer"_a, "The rows of both tables; where both have a path, the newer one's.")
      .def("without", &Without, "paths"_a, "The rows whose paths are not among these.")
      .def("named", &Named, "name"_a, nb::sig("def named(self, name: str) -> list[str]"),
           "The paths whose last part is `name`.")
      .def("adopt", &Table::Adopt, "known"_a, Unlocked(),
           "In place: each row without id takes the one `known` has for its path, where size, times, inode and device\n"
           "agree and `known` is not racy there.  The number of rows still without.")
      .def(
          "save",
          [](const Table& table, const Path& path, std::int64_t now_ns) {
            const nb::gil_scoped_release release;
            return SaveTable(table, path.bytes, now_ns);
          },
          "path"_a, "now_ns"_a,
          "Writes an index file; gives its inode.  Rows touched at or after now_ns, the file system's clock before they were looked "
          "at,\n"
          "are never adopted from it.")
      .def("save_named", &SaveNamed, "path"_a, "now_ns"_a,
           nb::sig("def save_named(self, path: str, now_ns: int) -> tuple[int, str]"),
           "Does `save` and `manifest_id` at once.")
      .def_static(
          "load",
          [](const Path& path) {
            const nb::gil_scoped_release release;
            return LoadTable(path.bytes);
          },
          "path"_a, "Reads an index file.  FileNotFoundError; ValueError where it is not ours, cut off or damaged.");

  nb::class_<Changes>(module, "Changes", "What differs between two tables; the lists of paths are sorted.")
      .def_ro("added", &Changes::added, nb::for_getter(nb::sig("def added(self) -> list[str]")))
      .def_ro("modified", &Changes::modified, nb::for_getter(nb::sig("def modified(self) -> list[str]")))
      .def_ro("deleted", &Changes::deleted, nb::for_getter(nb::sig("def deleted(self) -> list[str]")))
      .def_ro("same", &Changes::same);

  module.def("diff", &Diff, "old"_a, "new"_a, "By path and id; a row without id counts as modified.");
}

}  // namespace tiffin::bind
