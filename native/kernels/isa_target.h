// Every file of this folder is compiled once per ISA target with -DGRADLANE_ISA_TARGET=<name> and
// its ISA flags.
//
// Rules of the folder: bodies live in an anonymous namespace inside the target's own (internal
// linkage: a weak symbol compiled for AVX-512 could be the copy that the linker keeps for the
// baseline caller); no STL containers, no allocation, no throw. One strong symbol a file: Fill*().
#pragma once

#include "cpu/kernel_table.h"

#ifndef GRADLANE_ISA_TARGET
#error "compile with -DGRADLANE_ISA_TARGET=baseline|avx2|avx512"
#endif
#define GRADLANE_STRING_(x) #x
#define GRADLANE_STRING(x) GRADLANE_STRING_(x)
