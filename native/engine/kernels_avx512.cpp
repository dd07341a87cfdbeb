#define ENGINE avx512
#include "engine/kernels.inl"
