// Parsed examples in a file.

#include "chunks/chunk_file.h"

#include <stdexcept>

#include "bind/learn.h"
#include "chunks/chunk_rows.h"
#include "files/fault.h"

namespace tiffin::bind {
namespace {

using namespace tiffin::learn;
using nb::literals::operator""_a;

std::string_view Identity(const nb::bytes& identity) {
  const std::string_view found(identity.c_str(), identity.size());
  if (found.size() != kIdentityBytes) throw std::invalid_argument("an identity has 48 bytes");
  return found;
}

}  // namespace

void BindChunks(nb::module_& module) {
  nb::class_<ChunkWriter>(module, "ChunkWriter", "Writes blocks of parsed examples to a file.")
      .def(
          "__init__",
          [](ChunkWriter* self, int descriptor, const nb::bytes& identity) {
            new (self) ChunkWriter(descriptor, Identity(identity));
          },
          "descriptor"_a, "identity"_a, "descriptor: of an empty file, open for as long as this is used.  identity: 48 bytes.")
      .def(
          "finish",
          [](ChunkWriter& writer) {
            if (const int outcome = writer.Finish(); outcome != kOk) throw SystemFault(outcome, "");
          },
          nb::call_guard<nb::gil_scoped_release>(), "Ends the file.  Raises OSError for the first block that could not be written.");
  nb::class_<ChunkFile>(module, "ChunkFile", "A file that ChunkWriter wrote, mapped into memory.")
      .def(
          "__init__",
          [](ChunkFile* self, int descriptor, const nb::bytes& identity) {
            new (self) ChunkFile(descriptor, Identity(identity));
          },
          "descriptor"_a, "identity"_a,
          "The descriptor may be closed afterwards.  Raises ValueError where it is no whole file of that identity, OSError.");
  nb::class_<KeepingRows, RowsSource>(module, "KeepingRows", "Examples that are written to a file as they go by.")
      .def(nb::init<RowsSource&, ChunkWriter&>(), "rows"_a, "writer"_a, nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>());
  nb::class_<ChunkRows, RowsSource>(module, "ChunkRows", "Examples from such a file.")
      .def(nb::init<const ChunkFile&>(), "file"_a, nb::keep_alive<1, 2>());
}

}  // namespace tiffin::bind
