// The epilogue of the matrix product along a row of the result.
#pragma once

#include <cstdint>

#include "cpu/tables/matmul.h"
#include "kernels/simd.h"

namespace gradlane::GRADLANE_ISA_TARGET {
namespace {

template <class T>
GRADLANE_INLINE typename Simd<T>::Vec Relu(typename Simd<T>::Vec v) {
  return Simd<T>::Select(v <= Simd<T>::Set(0), Simd<T>::Set(0), v);  // NaN stays
}

template <class T, class Load>
GRADLANE_INLINE typename Simd<T>::Vec Finish(typename Simd<T>::Vec sum, const T* out, const T* bias,
                                             const MatmulEpilogue<T>& epilogue, Load&& load) {
  using S = Simd<T>;
  typename S::Vec v = S::Set(epilogue.alpha) * sum;
  if (epilogue.beta != T(0)) v += S::Set(epilogue.beta) * load(out);
  if (bias != nullptr) v += load(bias);
  return epilogue.relu ? Relu<T>(v) : v;
}

// out[j] = relu?(alpha * sum[j] + beta * out[j] + bias[j]); sum(j, load) gives the vector of sums
// from column j on, and takes what it reads of memory through load.
template <class T, class Sum>
GRADLANE_INLINE void FinishRow(T* out, std::int64_t columns, const T* bias,
                               const MatmulEpilogue<T>& epilogue, Sum&& sum) {
  using S = Simd<T>;
  const auto bias_at = [bias](std::int64_t j) { return bias == nullptr ? nullptr : bias + j; };
  std::int64_t j = 0;
  for (; j + S::kLanes <= columns; j += S::kLanes) {
    const auto whole = [](const T* p) { return S::Load(p); };
    S::Store(out + j, Finish<T>(sum(j, whole), out + j, bias_at(j), epilogue, whole));
  }
  if (j == columns) return;
  const std::int64_t rest = columns - j;
  const auto part = [rest](const T* p) { return S::LoadPart(p, rest); };
  S::StorePart(out + j, Finish<T>(sum(j, part), out + j, bias_at(j), epilogue, part), rest);
}

// From sums in memory.
template <class T>
__attribute__((noinline)) void FinishSums(const T* sums, T* out, std::int64_t columns,
                                          const T* bias,
                                          const MatmulEpilogue<T>& epilogue) noexcept {
  FinishRow(out, columns, bias, epilogue,
            [sums](std::int64_t j, auto&& load) { return load(sums + j); });
}

}  // namespace
}  // namespace gradlane::GRADLANE_ISA_TARGET
