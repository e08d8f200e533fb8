// Winograd's convolution at stride 1: tiles of results, the filters and the tiles of the source
// that they read become 6 x 6 numbers each, for which the convolution is a product; over the
// channels, 36 products of matrices. (Lavin and Gray, Fast Algorithms for Convolutional Neural
// Networks, 2015; the points are our own, see cpu/tables/conv2d_winograd.h.)
#pragma once

#include "ops/conv2d_lowered.h"
#include "ops/conv2d_weight_gradient.h"

namespace gradlane {

// Precondition: steps and spreads of 1, one group, the taps of a whole kernel of 3 x 3 or 5 x 5 in
// their order or in the reverse one, channels and results.
template <class T>
void RunWinogradConv2d(const LoweredConv2d<T>& problem);

template <class T>
void WinogradWeightGradient(const WeightGradientProblem<T>& problem);

}  // namespace gradlane
