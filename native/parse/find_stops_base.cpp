#define ENGINE base
#include "parse/find_stops.inl"
