// Where examples come from.
#include <nanobind/stl/optional.h>

#include <optional>

#include "bind/learn.h"
#include "source/rows_source.h"
#include "source/source.h"

namespace tiffin::bind {

using namespace tiffin::learn;
using nb::literals::operator""_a;

void BindSources(nb::module_& module) {
  nb::class_<BlockSource>(module, "BlockSource", "Bytes in blocks of whole lines; for one pass.");
  nb::class_<FileSource, BlockSource>(module, "FileSource", "Files on this machine, one after the other.")
      .def(
          "__init__",
          [](FileSource* self, nb::handle paths, std::size_t block_bytes) {
            new (self) FileSource(ToStrings(paths), block_bytes);
          },
          "paths"_a, "block_bytes"_a = FileSource::kBlockBytes,
          nb::sig("def __init__(self, paths: collections.abc.Iterable[str], block_bytes: int = 262144) -> None"));
  nb::class_<FedSource, BlockSource>(module, "FedSource", "Bytes that another thread feeds.")
      .def(nb::init<std::size_t, std::size_t>(), "most_blocks"_a = 8, "block_bytes"_a = FileSource::kBlockBytes)
      .def(
          "feed",
          [](FedSource& source, const nb::bytes& bytes) {
            const std::string_view view(bytes.c_str(), bytes.size());
            const nb::gil_scoped_release release;
            return source.Feed(view);
          },
          "data"_a, "Bytes of the current file, cut anywhere; waits while there is no room.  False once it was closed.")
      .def("end_file", &FedSource::EndFile, nb::call_guard<nb::gil_scoped_release>(),
           "What is fed from here on is of the next file.  False once it was closed.")
      .def("end", &FedSource::End, "Nothing more comes.")
      .def("fail", &FedSource::Fail,
           "The same, though it is not all there is: who asks for more gets an OSError of ECANCELED.")
      .def("close", &FedSource::Close, "Nobody listens any more.");

  nb::class_<RowsSource>(module, "RowsSource", "Examples in blocks; for one pass.");
  nb::class_<TextRows, RowsSource>(module, "TextRows", "Text in a format.")
      .def(
          "__init__",
          [](TextRows* self, BlockSource& source, std::string_view format, std::optional<std::string_view> column) {
            new (self) TextRows(source, ParserOf(format), column ? std::optional(TextColumn(format, *column)) : std::nullopt);
          },
          "source"_a, "data_format"_a, "column"_a = nb::none(), nb::keep_alive<1, 2>(),
          "column: what predictions are compared by.  Raises ValueError for one, or a format, that is not known.");
}

}  // namespace tiffin::bind
