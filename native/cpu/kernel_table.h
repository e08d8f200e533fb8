// The kernels of one ISA target, together with their block sizes. `baseline` is complete; a later
// target overrides what it does better.
#pragma once

#include "cpu/tables/activation.h"
#include "cpu/tables/attention.h"
#include "cpu/tables/conv2d.h"
#include "cpu/tables/conv2d_winograd.h"
#include "cpu/tables/cross_entropy.h"
#include "cpu/tables/dropout.h"
#include "cpu/tables/elementwise.h"
#include "cpu/tables/layer_norm.h"
#include "cpu/tables/mask.h"
#include "cpu/tables/matmul.h"
#include "cpu/tables/memory.h"
#include "cpu/tables/norm.h"
#include "cpu/tables/optimizer.h"
#include "cpu/tables/pointwise_loss.h"
#include "cpu/tables/pool2d.h"
#include "cpu/tables/random.h"
#include "cpu/tables/recurrent.h"
#include "cpu/tables/reduce.h"
#include "cpu/tables/softmax.h"
#include "cpu/tables/upsample2d.h"
#include "cpu/tables/xnor.h"

namespace gradlane {

template <class T>
struct TypedKernels {
  ActivationKernels<T> activation;
  AttentionKernels<T> attention;
  MatmulKernels<T> matmul;
  ElementwiseKernels<T> elementwise;
  ReduceKernels<T> reduce;
  SoftmaxKernels<T> softmax;
  Conv2dKernels<T> conv2d;
  WinogradKernels<T> winograd;
  CrossEntropyKernels<T> cross_entropy;
  PointwiseLossKernels<T> pointwise_loss;
  NormKernels<T> norm;
  LayerNormKernels<T> layer_norm;
  OptimizerKernels<T> optimizer;
  RandomKernels<T> random;
  DropoutKernels<T> dropout;
  Pool2dKernels<T> pool2d;
  RecurrentKernels<T> recurrent;
  Upsample2dKernels<T> upsample2d;
  XnorKernels<T> xnor;
};

struct KernelTable {
  const char* name = "";
  TypedKernels<float> f32;
  TypedKernels<double> f64;
  CastKernels cast;
  MaskKernels mask;
  PhiloxKernels philox;
  TransposeKernels transpose;

  template <class T>
  const TypedKernels<T>& typed() const;
};

template <>
inline const TypedKernels<float>& KernelTable::typed<float>() const {
  return f32;
}
template <>
inline const TypedKernels<double>& KernelTable::typed<double>() const {
  return f64;
}

}  // namespace gradlane
