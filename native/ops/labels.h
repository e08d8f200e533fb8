// Class indices that came from a user.
#pragma once

#include <cstdint>

namespace gradlane {

// Throws ERR_VALUE for the first label that is neither in [0, classes) nor ignore_index.
void CheckLabels(const std::int32_t* labels, std::int64_t n, std::int64_t classes,
                 std::int64_t ignore_index, const char* op);

}  // namespace gradlane
