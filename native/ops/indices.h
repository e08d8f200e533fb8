// Row numbers that came from a user.
#pragma once

#include <cstdint>

namespace gradlane {

// Throws ERR_VALUE for the first of n indices that is not in [0, count).
void CheckIndices(const std::int32_t* index, std::int64_t n, std::int64_t count, const char* op);

}  // namespace gradlane
