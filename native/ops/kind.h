// The check of a code that came from JavaScript before it indexes a table.
#pragma once

#include "base/buffer.h"

namespace gradlane {

template <class Enum>
int KindIndex(Enum kind, int count, const char* op, const char* what) {
  const int index = static_cast<int>(kind);
  if (index < 0 || index >= count) {
    ThrowNoKind(op, what, index);
  }
  return index;
}

}  // namespace gradlane
