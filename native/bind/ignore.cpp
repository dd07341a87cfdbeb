// Ignore files.
#include "table/ignore.h"

#include <nanobind/stl/string_view.h>

#include "bind/python.h"

namespace tiffin::bind {
namespace {

Dialect ToDialect(std::string_view name) {
  if (name == "dvc") return Dialect::kDvc;
  if (name == "git") return Dialect::kGit;
  throw std::invalid_argument("no dialect " + std::string(name) + " (known: dvc, git)");
}

nb::object Explain(Ignore& ignore, const Path& path, bool is_dir) {
  const IgnoreRule* rule = ignore.Explain(path.bytes, is_dir);
  if (rule == nullptr) return nb::none();
  return nb::make_tuple(ToPython(rule->file), rule->line, ToPython(rule->text));
}

}  // namespace

void BindIgnore(nb::module_& module) {
  using nb::literals::operator""_a;
  nb::class_<Ignore>(
      module, "Ignore",
      "The ignore files in effect below a root: the last pattern that matches decides, and nothing below\n"
      "an ignored directory comes back.  Files are read when first needed, then kept.")
      .def(
          "__init__",
          [](Ignore* place, const Path& root, nb::handle files, nb::handle builtin, std::string_view dialect) {
            const std::vector<std::string> lines = ToStrings(builtin);
            new (place) Ignore(root.bytes, ToStrings(files), lines, ToDialect(dialect));
          },
          "root"_a, nb::kw_only(), "files"_a = nb::make_tuple(".dvcignore"),
          "builtin"_a = nb::make_tuple(".hg/", ".git/", ".git", ".dvc/"), "dialect"_a = "dvc",
          nb::sig("def __init__(self, root: str, *, files: collections.abc.Sequence[str] = ('.dvcignore',), builtin: "
                  "collections.abc.Sequence[str] = ('.hg/', '.git/', '.git', '.dvc/'), dialect: str = 'dvc') -> None"))
      .def(
          "ignores", [](Ignore& ignore, const Path& path, bool is_dir) { return ignore.Ignores(path.bytes, is_dir); },
          "path"_a, "is_dir"_a, "path: from the root.")
      .def("explain", &Explain, "path"_a, "is_dir"_a,
           nb::sig("def explain(self, path: str, is_dir: bool) -> tuple[str, int, str] | None"),
           "(file, line, pattern) that decided, with \"\" and 0 for a built-in one; None where none spoke.");
}

}  // namespace tiffin::bind
