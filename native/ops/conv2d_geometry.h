// Sizes of a two-dimensional convolution, and their check.
#pragma once

#include <cstdint>

namespace gradlane {

// How a convolution is computed. Codes shared with Conv2dAlgorithm in ts/kernels/conv2d.ts.
enum class Conv2dAlgorithm : std::int32_t {
  kAuto = 0,          // chosen by shape
  kImplicitGemm = 1,  // product with patches that are gathered while packing
  kWinograd = 2,      // in 6 x 6 numbers: 3x3 or 5x5, stride and dilation 1, one group
  kDirect = 3,        // plane by plane, for few channels in a group
  kPointwise = 4,     // 1x1, stride 1, no padding: a product with the image as it lies
  kUnfolded = 5,      // products with patches written out: few results an image, one group
};
inline constexpr int kConv2dAlgorithmCount = 6;

struct Conv2dGeometry {
  std::int64_t batch;
  std::int64_t in_channels, in_height, in_width;
  std::int64_t out_channels, out_height, out_width;
  std::int64_t kernel_height, kernel_width;
  std::int64_t stride_height, stride_width;
  std::int64_t pad_top, pad_left;  // at the bottom and right: what the output size implies
  std::int64_t dilation_height, dilation_width;
  std::int64_t groups;

  std::int64_t in_plane() const { return in_height * in_width; }
  std::int64_t out_plane() const { return out_height * out_width; }
  std::int64_t taps() const { return kernel_height * kernel_width; }
  std::int64_t in_group() const { return in_channels / groups; }  // channels of a group
  std::int64_t out_group() const { return out_channels / groups; }
  std::int64_t in_length() const { return batch * in_channels * in_plane(); }
  std::int64_t out_length() const { return batch * out_channels * out_plane(); }
  std::int64_t weight_length() const { return out_channels * in_group() * taps(); }
};

// Throws ERR_SHAPE or ERR_VALUE, naming `op`, unless all sizes are in range and their products fit.
void CheckConv2dGeometry(const Conv2dGeometry& geometry, const char* op);

// Throws ERR_VALUE when the padded part of an image that a task works on, planes * plane elements,
// is out of all proportion (2^27): rows of taps that lie thousands of long rows apart.
void CheckPadded(std::int64_t plane, std::int64_t planes);

}  // namespace gradlane
