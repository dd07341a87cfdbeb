#define ENGINE avx2
#include "parse/find_stops.inl"
