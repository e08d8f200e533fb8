// Elements in order against std::stable_sort.
#include "ops/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

class SortTest : public EveryIsaTarget {};

template <class T>
bool IsLess(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  }
  return a < b;
}

template <class T>
void Check(Dtype dtype, const Array<T>& x, std::int64_t outer, std::int64_t n, std::int64_t inner,
           std::int64_t k) {
  for (const bool descending : {false, true}) {
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      Array<T> values(outer * k * inner, 1);
      Array<std::int32_t> indices(outer * k * inner, 3);
      Sort({dtype, x.buffer(), values.buffer(), indices.buffer(), outer, n, inner, k, descending});
      EXPECT_TRUE(values.GuardsIntact() && indices.GuardsIntact());
      for (std::int64_t line = 0; line < outer * inner; ++line) {
        const auto at = [&](std::int64_t i) {
          return x[(line / inner * n + i) * inner + line % inner];
        };
        std::vector<std::int64_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
          return descending ? IsLess(at(b), at(a)) : IsLess(at(a), at(b));
        });
        for (std::int64_t i = 0; i < k; ++i) {
          const std::int64_t to = (line / inner * k + i) * inner + line % inner;
          ASSERT_EQ(indices[to], order[static_cast<std::size_t>(i)]) << n << " " << k;
        }
      }
    }
  }
}

template <class T>
void EveryShape(Dtype dtype) {
  const std::int64_t shapes[][4] = {{1, 1, 1, 1}, {3, 17, 1, 4},      {4, 6, 7, 6},
                                    {2, 0, 3, 0}, {60, 300, 1, 300},  {5, 40, 60, 11},
                                    {1, 3, 1, 0}, {1, 5000, 1, 5000}, {1, 5000, 2, 7}};
  for (const auto& [outer, n, inner, k] : shapes) {
    Array<T> few(outer * n * inner), many(outer * n * inner, 1);
    few.Fill([](std::int64_t i) { return i * i % 7 - (std::is_signed_v<T> ? 3 : 0); });
    many.Fill([](std::int64_t i) { return i * 7919 % 10007 - (std::is_signed_v<T> ? 5000 : 0); });
    Check(dtype, few, outer, n, inner, k);
    Check(dtype, many, outer, n, inner, k);
  }
}

TEST_P(SortTest, EveryTypeAndShape) {
  RetainPool();
  EveryShape<float>(Dtype::kFloat32);
  EveryShape<double>(Dtype::kFloat64);
  EveryShape<std::int32_t>(Dtype::kInt32);
  EveryShape<std::uint8_t>(Dtype::kUint8);
  ReleasePool();
}

template <class T>
void Odd(Dtype dtype) {
  using Limits = std::numeric_limits<T>;
  const T odd[] = {2,
                   Limits::quiet_NaN(),
                   T(-0.0),
                   0,
                   -Limits::infinity(),
                   -1,
                   -Limits::quiet_NaN(),
                   2,
                   T(-0.0),
                   Limits::infinity(),
                   -2,
                   Limits::denorm_min(),
                   1,
                   Limits::max(),
                   -Limits::denorm_min(),
                   0.5,
                   Limits::lowest()};
  constexpr std::int64_t kCount = std::size(odd);
  Array<T> x(kCount);
  for (std::int64_t i = 0; i < kCount; ++i) x[i] = odd[i];
  Check(dtype, x, 1, kCount, 1, kCount);
}

TEST_P(SortTest, SpecialValues) {
  Odd<float>(Dtype::kFloat32);
  Odd<double>(Dtype::kFloat64);
}

TEST_P(SortTest, RefusesWhatDoesNotFit) {
  Array<float> x(6), values(5);
  Array<std::int32_t> indices(6);
  const auto sort = [&](std::int64_t n, std::int64_t k) {
    Sort({Dtype::kFloat32, x.buffer(), values.buffer(), indices.buffer(), 1, n, 1, k, false});
  };
  EXPECT_THROW(sort(6, 6), Error);  // values has one too few
  EXPECT_THROW(sort(7, 1), Error);
  EXPECT_THROW(sort(3, 4), Error);
  EXPECT_THROW(sort(3, -1), Error);
  EXPECT_THROW(sort(-1, -1), Error);
  EXPECT_TRUE(values.GuardsIntact() && indices.GuardsIntact());
}

GRADLANE_ON_EVERY_ISA_TARGET(SortTest);

}  // namespace
}  // namespace gradlane
