// The check of a code that came from JavaScript before it indexes a table.
#pragma once

#include <string>

#include "base/error.h"

namespace gradlane {

template <class Enum>
int KindIndex(Enum kind, int count, const char* op, const char* what) {
  const int index = static_cast<int>(kind);
  if (index < 0 || index >= count) {
    throw Error(ErrorCode::kValue,
                std::string(op) + ": unknown " + what + " " + std::to_string(index));
  }
  return index;
}

}  // namespace gradlane
