// One column of text, as its format calls it: what predictions are compared by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rows/rows.h"

namespace tiffin::learn {

class TextColumn {
 public:
  // criteo: I1 ... I13, C1 ... C26.  ffm: the number of a field.  vw: the name of a namespace.  libsvm: a feature.
  // Throws std::invalid_argument for another name, and where there is no such format.
  TextColumn(std::string_view format, std::string_view name);

  // Its value in a line that is an example: the cell; the first feature of the field or namespace; the value of the
  // feature.  "" where there is none.
  std::string_view In(std::string_view line) const { return find_(*this, line); }

  // The same in the lines that rows come from, one a row; they are parts of the block.
  void In(std::string_view block, const Rows& rows, std::vector<std::string_view>& values) const;

 private:
  using Find = std::string_view (*)(const TextColumn& column, std::string_view line);

  static std::string_view CellIn(const TextColumn& column, std::string_view line);
  static std::string_view FieldIn(const TextColumn& column, std::string_view line);
  static std::string_view NamespaceIn(const TextColumn& column, std::string_view line);
  static std::string_view FeatureIn(const TextColumn& column, std::string_view line);

  std::string name_;
  std::uint64_t number_ = 0;  // of the cell, the field or the feature
  Find find_;
};

}  // namespace tiffin::learn
