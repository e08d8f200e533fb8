// Row numbers and class indices that came from a user. A replay runs beside JavaScript, which may
// write to their memory meanwhile, so they are copied first and what was checked is what is used.
#pragma once

#include <cstdint>

namespace gradlane {

// Where a few are copied to. Of more the copy lies in scratch of this thread, until the next call
// of one of these; that costs some nanoseconds more, as much as a small row.
using FewIndices = std::int32_t[16];

// A copy of n indices, all of them in [0, count). Throws ERR_VALUE for the first that is outside;
// `place` is what messages number, the rows that are picked or the elements of the index.
const std::int32_t* CheckedIndices(const std::int32_t* index, std::int64_t n, std::int64_t count,
                                   const char* op, FewIndices& few, const char* place = "row");

// The same for labels, each in [0, classes) or ignore_index.
const std::int32_t* CheckedLabels(const std::int32_t* labels, std::int64_t n, std::int64_t classes,
                                  std::int64_t ignore_index, const char* op, FewIndices& few);

// The same for the lengths of sequences, each in [1, steps].
const std::int32_t* CheckedLengths(const std::int32_t* lengths, std::int64_t n, std::int64_t steps,
                                   const char* op, FewIndices& few);

}  // namespace gradlane
