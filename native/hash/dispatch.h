// Which engine runs, and the one that always can.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hash/engine.h"

namespace tiffin::md5 {

// Thread-safe.
const Engine& Chosen() noexcept;

// One message alone through `blocks` blocks.
void AdvanceOne(std::uint32_t* state, const std::byte* data, std::size_t blocks) noexcept;

}  // namespace tiffin::md5
