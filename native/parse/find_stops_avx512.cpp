#define ENGINE avx512
#include "parse/find_stops.inl"
