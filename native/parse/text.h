// Text to rows, one parser for each format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rows/rows.h"

namespace tiffin::learn {

// A line that is no example.
struct Fault {
  std::size_t line;  // in the block, from 0
  std::size_t column;  // from 1
  const char* what;
};

// Appends the examples of whole lines to `rows`; empty lines are none.  A line with a fault adds nothing.
// Thread-safe.  The last line may lack its line end.  REQUIRES: after the block 64 more bytes may be read.
using Parser = void (*)(std::string_view block, Rows& rows, std::vector<Fault>& faults);

//   line := label (SP id [":" value])* ["#" comment]
void ParseLibsvm(std::string_view block, Rows& rows, std::vector<Fault>& faults);
//   line := label (SP field ":" id [":" value])* ["#" comment]
void ParseFfm(std::string_view block, Rows& rows, std::vector<Fault>& faults);
//   line := [label [importance]] ["'" tag] ("|" [namespace [":" weight]] (SP feature [":" value])*)*
// A namespace is a field by the hash of its name.
void ParseVw(std::string_view block, Rows& rows, std::vector<Fault>& faults);
//   line := [label] 13 * (TAB [integer]) 26 * (TAB [text])
// Integers become categories by the square of their logarithm, as in the Criteo competition; what is empty is no
// feature.
void ParseCriteo(std::string_view block, Rows& rows, std::vector<Fault>& faults);

// The parser of a format: "libsvm", "ffm", "vw", "criteo"; nullptr if there is none of that name.
Parser FindParser(std::string_view format) noexcept;

}  // namespace tiffin::learn
