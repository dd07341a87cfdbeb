// Files that are done one by one, each thread with the next ones.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/control.h"

namespace tiffin {

// Does one item; gives its outcome.
using Each = std::function<int(std::size_t item)>;

// Calls the function that `begin` gives each thread for every item, and counts files.  The threads take items in
// blocks: files of one directory mostly stay with one thread.
void ForEach(std::span<int> outcomes, int threads, Control& control, const std::function<Each()>& begin);

}  // namespace tiffin
