#include "ops/indices.h"

#include <cstring>

#include "base/error.h"
#include "parallel/scratch.h"

namespace gradlane {
namespace {

constexpr std::int64_t kFew = sizeof(FewIndices) / sizeof(std::int32_t);

const std::int32_t* Copy(const std::int32_t* index, std::int64_t n, FewIndices& few) {
  if (n <= kFew) {
    for (std::int64_t i = 0; i < n; ++i) {
      few[i] = static_cast<const volatile std::int32_t&>(index[i]);
    }
    return few;
  }
  const std::size_t bytes = static_cast<std::size_t>(n) * sizeof(std::int32_t);
  void* copy = ThreadScratch(ScratchSlot::kIndices, bytes);
  std::memcpy(copy, index, bytes);
  return static_cast<const std::int32_t*>(copy);
}

}  // namespace

const std::int32_t* CheckedIndices(const std::int32_t* index, std::int64_t n, std::int64_t count,
                                   const char* op, FewIndices& few, const char* place) {
  const std::int32_t* copy = Copy(index, n, few);
  for (std::int64_t i = 0; i < n; ++i) {
    if (copy[i] < 0 || copy[i] >= count) {
      Throw(ErrorCode::kValue,
            {op, ": index ", copy[i], " at ", place, " ", i, " is outside [0, ", count, ")"});
    }
  }
  return copy;
}

const std::int32_t* CheckedLabels(const std::int32_t* labels, std::int64_t n, std::int64_t classes,
                                  std::int64_t ignore_index, const char* op, FewIndices& few) {
  const std::int32_t* copy = Copy(labels, n, few);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t label = copy[i];
    if ((label < 0 || label >= classes) && label != ignore_index) {
      Throw(ErrorCode::kValue,
            {op, ": target[", i, "] = ", label, " is outside 0..", classes - 1,
             " and is not ignoreIndex (", ignore_index,
             "); class indices count from 0, one for each column of the prediction"});
    }
  }
  return copy;
}

const std::int32_t* CheckedLengths(const std::int32_t* lengths, std::int64_t n, std::int64_t steps,
                                   const char* op, FewIndices& few) {
  const std::int32_t* copy = Copy(lengths, n, few);
  for (std::int64_t i = 0; i < n; ++i) {
    if (copy[i] < 1 || copy[i] > steps) {
      Throw(ErrorCode::kValue,
            {op, ": length ", copy[i], " of row ", i, " is outside [1, ", steps, "]"});
    }
  }
  return copy;
}

}  // namespace gradlane
