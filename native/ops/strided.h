// Copies of parts of tensors, repeated, turned or reversed, of every element type.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/fields.h"

namespace gradlane {

inline constexpr int kStridedDims = 6;

// Sizes and strides from the outermost dimension to the innermost; of one that is not there the
// size is 1. All count elements.
struct StridedGeometry {
  std::int64_t size0, size1, size2, size3, size4, size5;
  std::int64_t x_stride0, x_stride1, x_stride2, x_stride3, x_stride4, x_stride5;
  std::int64_t out_stride0, out_stride1, out_stride2, out_stride3, out_stride4, out_stride5;
  std::int64_t x_offset, out_offset;
};

struct CopyStridedArgs {
  Dtype dtype;
  Buffer x, out;
  StridedGeometry geometry;

  GRADLANE_FIELDS(CopyStridedArgs, dtype, x, out, geometry)
};
// out[out_offset + i . out_strides] = x[x_offset + i . x_strides] for all i below the sizes.
// Strides of x may be 0 or negative; each of out steps over all that the dimensions inside of it
// hold.
void CopyStrided(const CopyStridedArgs& args);

}  // namespace gradlane
