#include "ops/indices.h"

#include <string>

#include "base/error.h"

namespace gradlane {

void CheckIndices(const std::int32_t* index, std::int64_t n, std::int64_t count, const char* op) {
  for (std::int64_t i = 0; i < n; ++i) {
    if (index[i] < 0 || index[i] >= count) {
      throw Error(ErrorCode::kValue, std::string(op) + ": index " + std::to_string(index[i]) +
                                         " at row " + std::to_string(i) + " is outside [0, " +
                                         std::to_string(count) + ")");
    }
  }
}

}  // namespace gradlane
