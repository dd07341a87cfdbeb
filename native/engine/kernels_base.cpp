#define ENGINE base
#include "engine/kernels.inl"
