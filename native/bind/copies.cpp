// Copies of files, outside of any store.
#include "batch/copies.h"

#include <nanobind/stl/string_view.h>

#include <functional>

#include "bind/python.h"
#include "files/files.h"
#include "table/table.h"

namespace tiffin::bind {
namespace {

// The strings of a sequence, or the paths of a table.
std::vector<std::string> Paths(nb::handle files) {
  if (!nb::isinstance<Table>(files)) return ToStrings(files);
  const Table& table = nb::cast<const Table&>(files);
  std::vector<std::string> paths;
  paths.reserve(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) paths.emplace_back(table.path(row));
  return paths;
}

nb::list Failed(const std::vector<std::string>& paths, const std::vector<int>& outcomes) {
  nb::list failed;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (outcomes[i] != kOk) failed.append(nb::make_tuple(ToPython(paths[i]), outcomes[i]));
  }
  return failed;
}

Right ToRight(std::string_view name) {
  if (name == "write") return Right::kWrite;
  if (name == "execute") return Right::kExecute;
  if (name == "no-execute") return Right::kNoExecute;
  throw std::invalid_argument("no right " + std::string(name) + " (known: write, execute, no-execute)");
}

nb::list CopyAll(nb::handle files, const Path& source, const Path& destination, int threads, nb::handle progress) {
  const std::vector<std::string> paths = Paths(files);
  if (paths.empty()) return {};
  MakeDirectories(destination.bytes);
  const Descriptor from = OpenDirectory(source.bytes);
  const Descriptor to = OpenDirectory(destination.bytes);
  std::vector<int> outcomes(paths.size());
  Control control;
  Watch(control, progress, [&] { CopyFiles(from.get(), paths, to.get(), outcomes, threads, control); });
  return Failed(paths, outcomes);
}

nb::list OwnAll(nb::handle files, const Path& root, std::string_view right, int threads, nb::handle progress) {
  const Right wanted = ToRight(right);
  const std::vector<std::string> paths = Paths(files);
  if (paths.empty()) return {};
  const Descriptor directory = OpenDirectory(root.bytes);
  std::vector<int> outcomes(paths.size());
  Control control;
  Watch(control, progress, [&] { OwnFiles(directory.get(), paths, wanted, outcomes, threads, control); });
  return Failed(paths, outcomes);
}

}  // namespace

void BindCopies(nb::module_& module) {
  using nb::literals::operator""_a;

  module.def("copy_files", &CopyAll, "files"_a, "source"_a, "destination"_a, nb::kw_only(), "threads"_a = 0,
             "progress"_a = nb::none(),
             nb::sig("def copy_files(files: collections.abc.Sequence[str] | Table, source: str, destination: str, *, "
                     "threads: int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> "
                     "list[tuple[str, int]]"),
             "Copies files to the same paths below another directory, where folders are made and nothing is replaced.\n"
             "(path, outcome) of those that failed.");
  module.def(
      "own_files", &OwnAll, "files"_a, "root"_a, "right"_a, nb::kw_only(), "threads"_a = 0, "progress"_a = nb::none(),
      nb::sig("def own_files(files: collections.abc.Sequence[str] | Table, root: str, right: str, *, threads: "
              "int = 0, progress: collections.abc.Callable[[int, int], object] | None = None) -> "
              "list[tuple[str, int]]"),
      "Puts copies in the place of links, symbolic or hard, then gives all files a right: \"write\", \"execute\",\n"
      "or \"no-execute\".  (path, outcome) of those that failed: then no link has been replaced, unless it was\n"
      "only the right that could not be given.");
}

}  // namespace tiffin::bind
