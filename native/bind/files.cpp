// Small file work.
#include "files/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <nanobind/stl/string_view.h>

#include "bind/python.h"

namespace tiffin::bind {
namespace {

std::string_view View(const nb::bytes& body) { return {body.c_str(), body.size()}; }

nb::object PutNamed(const Path& store, const nb::bytes& body, std::string_view suffix) {
  const std::string_view view = View(body);
  Digest digest;
  {
    const nb::gil_scoped_release release;
    digest = PutObject(store.bytes, view, std::string(suffix));
  }
  return ToPython(digest);
}

nb::object ReadNamed(const Path& path) {
  std::optional<std::string> body;
  {
    const nb::gil_scoped_release release;
    body = ReadFile(path.bytes);
  }
  if (!body) return nb::none();
  return nb::bytes(body->data(), body->size());
}

nb::object HashBody(const nb::bytes& body) {
  const std::string_view view = View(body);
  Digest digest;
  {
    const nb::gil_scoped_release release;
    Md5 md5;
    md5.Update(std::as_bytes(std::span(view)));
    digest = md5.Finish();
  }
  return ToPython(digest);
}

bool LinkWorksNamed(std::string_view kind, const Path& source, const Path& destination) {
  return LinkWorks(ToLink(kind), source.bytes, destination.bytes);
}

void Sync(const Path& path) {
  const nb::gil_scoped_release release;
  SyncFileSystem(path.bytes);
}

// mtime and ctime in ns, size (0 for a directory), inode, mode.
std::string FieldsOf(const std::string& path) {
  Stat stat;
  const int outcome = StatAt(AT_FDCWD, path.c_str(), true, stat);
  if (outcome == ENOENT || outcome == ENOTDIR) return "-";
  if (outcome != kOk) return "?";
  char text[128];
  std::snprintf(text, sizeof text, "%lld,%lld,%lld,%llu,%u", static_cast<long long>(stat.mtime_ns),
                static_cast<long long>(stat.ctime_ns), S_ISDIR(stat.mode) ? 0LL : static_cast<long long>(stat.size),
                static_cast<unsigned long long>(stat.inode), static_cast<unsigned>(stat.mode));
  return text;
}

nb::list AllFieldsOf(nb::handle paths) {
  std::vector<std::string> fields = ToStrings(paths);
  {
    const nb::gil_scoped_release release;
    for (std::string& path : fields) path = FieldsOf(path);
  }
  return ToPython(fields);
}

void KeepFreedMemory() {
#ifdef __GLIBC__
  constexpr int kMost = 32 << 20;  // larger blocks are mapped by themselves, whatever is asked for
  mallopt(M_MMAP_THRESHOLD, kMost);
  mallopt(M_TRIM_THRESHOLD, kMost);
#endif
}

void RemoveNamed(const Path& root, nb::handle paths) {
  const std::vector<std::string> names = ToStrings(paths);
  const nb::gil_scoped_release release;
  RemoveFiles(root.bytes, names);
}

}  // namespace

void BindFiles(nb::module_& module) {
  using nb::literals::operator""_a;
  module.def("read_file", &ReadNamed, "path"_a, nb::sig("def read_file(path: str) -> bytes | None"),
             "The whole file; None if it is not there or is no regular file, which might never end.");
  module.def(
      "make_store", [](const Path& path) { MakeStore(path.bytes); }, "path"_a,
      "Makes the directory of an object store, and those above it.");
  module.def(
      "spread_below", [](const Path& directory) { SpreadBelow(directory.bytes); }, "directory"_a,
      "Lets the file system put directories that are made in this one far from each other, if it is ext4: where many files\n"
      "were removed a moment ago, new ones take long.");
  module.def("put_object", &PutNamed, "store"_a, "body"_a, nb::kw_only(), "suffix"_a = "",
             nb::sig("def put_object(store: str, body: bytes, *, suffix: str = '') -> str"),
             "Makes body an object of the store, durably; gives its id without the suffix.");
  module.def("md5", &HashBody, "body"_a, nb::sig("def md5(body: bytes) -> str"), "32 hexadecimal digits.");
  module.def("link_works", &LinkWorksNamed, "kind"_a, "source_dir"_a, "destination_dir"_a,
             "Whether files of one directory can be linked into the other that way; tried with a temporary file.");
  module.def(
      "exchange", [](const Path& one, const Path& other) { return Exchange(one.bytes, other.bytes); }, "one"_a, "other"_a,
      "Two paths name each other's files or directories from then on; nobody sees one missing.  False, and nothing is\n"
      "done, where the system cannot.  OSError.");
  module.def("sync_filesystem", &Sync, "path"_a,
             "Returns when all that the file system of path had in memory is on the disk.");
  module.def(
      "clock_ns", [](const Path& directory) { return FileSystemClock_ns(directory.bytes); }, "directory"_a,
      "The file system's own idea of now: the mtime of a file just written in the directory, and removed.");
  module.def("stat_fields", &AllFieldsOf, "paths"_a,
             nb::sig("def stat_fields(paths: collections.abc.Iterable[str]) -> list[str]"),
             "Of each path, links followed: mtime and ctime in ns, size (0 for a directory), inode and mode, with commas\n"
             "between; \"-\" where nothing is, \"?\" where it cannot be told.");
  module.def("keep_freed_memory", &KeepFreedMemory,
             "For a process that ends soon: what is freed is used again rather than given back to the system, which\n"
             "clears each page before it hands it out anew.");
  module.def("remove_files", &RemoveNamed, "root"_a, "paths"_a,
             nb::sig("def remove_files(root: str, paths: collections.abc.Iterable[str]) -> None"),
             "Removes files, then the directories left empty, never root itself; what is not there is fine.");
  module.def(
      "engine", [] { return nb::make_tuple(ToPython(Md5Engine()), Md5Lanes()); },
      nb::sig("def engine() -> tuple[str, int]"),
      "Which MD5 kernel runs on this machine, and how many messages it takes abreast.");
}

}  // namespace tiffin::bind
