#include "params/new_table.h"

#include <utility>

namespace tiffin::learn {

std::unique_ptr<Table> NewTable(std::size_t width, const TableSettings& settings, Fade fade) {
  if (settings.is_exact) return std::make_unique<ExactTable>(width, settings.exact, std::move(fade));
  return std::make_unique<FixedTable>(settings.bits, width, std::move(fade));
}

}  // namespace tiffin::learn
