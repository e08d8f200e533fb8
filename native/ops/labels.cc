#include "ops/labels.h"

#include <string>

#include "base/error.h"

namespace gradlane {

void CheckLabels(const std::int32_t* labels, std::int64_t n, std::int64_t classes,
                 std::int64_t ignore_index, const char* op) {
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t label = labels[i];
    if ((label < 0 || label >= classes) && label != ignore_index) {
      throw Error(ErrorCode::kValue,
                  std::string(op) + ": target[" + std::to_string(i) + "] = " +
                      std::to_string(label) + " is outside 0.." + std::to_string(classes - 1) +
                      " and is not ignoreIndex (" + std::to_string(ignore_index) +
                      "); class indices count from 0, one for each column of the prediction");
    }
  }
}

}  // namespace gradlane
