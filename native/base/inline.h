// For code that is built once for each kind of processor.
#pragma once

// Never a function of its own, which the linker might take from another engine's file.
#define TIFFIN_INLINE __attribute__((always_inline)) inline
#define TIFFIN_INLINE_LAMBDA __attribute__((always_inline))

#define TIFFIN_STRING_OF(text) #text
#define TIFFIN_STRING(macro) TIFFIN_STRING_OF(macro)
