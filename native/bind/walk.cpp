// From directories to tables.
#include "table/walk.h"

#include "batch/posix.h"
#include "bind/python.h"

namespace tiffin::bind {
namespace {

Table ScanWatched(const Path& root, Ignore* ignore, const Path& under, bool follow_directories, int threads,
                  nb::object leftovers, nb::handle progress) {
  std::vector<std::string> left;
  const ScanOptions options{ignore, under.bytes, follow_directories, threads, leftovers.is_none() ? nullptr : &left};
  Control control;
  Table table;
  Watch(control, progress, [&] { table = Scan(root.bytes, options, control); });
  if (!leftovers.is_none()) leftovers.attr("extend")(ToPython(left));
  return table;
}

Table StatNamed(const Path& root, nb::handle paths, bool follow) {
  const std::vector<std::string> names = ToStrings(paths);
  const nb::gil_scoped_release release;
  return StatFiles(root.bytes, names, follow);
}

Metafiles Find(const Path& root, Ignore& ignore, bool git_ignore, const Path& git_excludes) {
  const nb::gil_scoped_release release;
  return FindMetafiles(root.bytes, ignore, git_ignore, git_excludes.bytes);
}

nb::list FindFiles(const Path& root, Ignore& ignore, bool git_ignore, const Path& git_excludes) {
  return ToPython(Find(root, ignore, git_ignore, git_excludes).files);
}

nb::list FindDirectories(const Path& root, Ignore& ignore, bool git_ignore, const Path& git_excludes) {
  return ToPython(Find(root, ignore, git_ignore, git_excludes).directories);
}

}  // namespace

void BindWalk(nb::module_& module) {
  using nb::literals::operator""_a;
  module.def("scan", &ScanWatched, "root"_a, nb::kw_only(), "ignore"_a = nb::none(), "under"_a = Path{""},
             "follow_directories"_a = true, "threads"_a = 0, "leftovers"_a = nb::none(), "progress"_a = nb::none(),
             nb::sig("def scan(root: str, *, ignore: Ignore | None = None, under: str = '', follow_directories: bool = "
                     "True, threads: int = 0, leftovers: list[str] | None = None, progress: "
                     "collections.abc.Callable[[int, int], object] | None = None) -> Table"),
             "Every regular file below root, without ids; links to files, and with follow_directories to directories,\n"
             "are followed.  under: where root lies below ignore's root.  leftovers: is given what is no data, temporary\n"
             "files of this program and links to objects that are gone.  OSError names the path: ENOENT for another\n"
             "link that leads nowhere, ELOOP for one that leads around itself.");
  module.def(
      "temporary_name", [] { return ToPython(TempName()); }, nb::sig("def temporary_name() -> str"),
      "A fresh name for a file while it is written: what a kill leaves under it is not taken for data.");
  module.def(
      "is_temporary", [](const Path& name) { return IsTempName(name.bytes); }, "name"_a,
      nb::sig("def is_temporary(name: str) -> bool"), "Whether a name, without directories, is of that form.");
  module.def(
      "stat_files", &StatNamed, "root"_a, "paths"_a, nb::kw_only(), "follow"_a = true,
      nb::sig("def stat_files(root: str, paths: collections.abc.Iterable[str], *, follow: bool = True) -> Table"),
      "The named files; what is not there or no regular file is left out, and so are links unless followed.");
  module.def("find_metafiles", &FindFiles, "root"_a, "ignore"_a, nb::kw_only(), "git_ignore"_a = true,
             "git_excludes"_a = Path{""},
             nb::sig("def find_metafiles(root: str, ignore: Ignore, *, git_ignore: bool = True, "
                     "git_excludes: str = '') -> list[str]"),
             "Files named dvc.yaml or *.dvc below root, sorted; not in ignored places or other repositories.\n"
             "git_excludes: a file with rules of Git that count everywhere.");
  module.def("find_metadirs", &FindDirectories, "root"_a, "ignore"_a, nb::kw_only(), "git_ignore"_a = true,
             "git_excludes"_a = Path{""},
             nb::sig("def find_metadirs(root: str, ignore: Ignore, *, git_ignore: bool = True, "
                     "git_excludes: str = '') -> list[str]"),
             "The directories that find_metafiles looks into, '' the first.");
}

}  // namespace tiffin::bind
