#define ENGINE avx2
#include "engine/kernels.inl"
