#include "encode/batch.h"

#include <string_view>

namespace tiffin::learn {

Batch::Batch(const ArrowSchema& schema, Lent<ArrowArray> array, const std::vector<std::string>& wanted)
    : array_(std::move(array)) {
  if (std::string_view(schema.format) != "+s") throw ColumnFault{"the data has no columns with names", ""};
  columns_.reserve(wanted.size());
  for (const std::string& name : wanted) {
    std::int64_t at = 0;
    while (at < schema.n_children && name != schema.children[at]->name) ++at;
    if (at == schema.n_children) {
      ColumnFault fault{"there is no column", name};
      for (std::int64_t i = 0; i < schema.n_children; ++i) fault.known.emplace_back(schema.children[i]->name);
      throw fault;
    }
    columns_.emplace_back(*schema.children[at], *array_->children[at]);
  }
}

}  // namespace tiffin::learn
