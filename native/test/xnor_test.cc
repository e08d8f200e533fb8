// Products and convolutions of signs against sums of -1 and 1, which are exact: no tolerance.
#include "ops/xnor.h"

#include <gtest/gtest.h>

#include "parallel/thread_pool.h"
#include "test/arrays.h"
#include "test/conv2d_cases.h"
#include "test/isa_targets.h"

namespace gradlane {
namespace {

template <class T>
T Sign(T x) {
  return x < 0 ? T(-1) : T(1);
}

template <class T>
Array<std::int32_t> Pack(const Array<T>& x, std::int64_t outer, std::int64_t n,
                         std::int64_t inner) {
  Array<std::int32_t> words(outer * WordsOf(n) * inner, 1);
  PackSigns({kDtypeOf<T>, x.buffer(), words.buffer(), outer, n, inner});
  EXPECT_TRUE(words.GuardsIntact());
  return words;
}

class XnorTest : public EveryIsaTarget {
 protected:
  template <class T>
  static void Bits(std::int64_t outer, std::int64_t n, std::int64_t inner) {
    Array<T> x(outer * n * inner, 1);
    x.FillRandom(5);
    for (std::int64_t i = 0; i < x.size(); i += 3) x[i] = i % 2 == 0 ? T(0) : T(-0.0);
    SetThreads(1);
    const Array<std::int32_t> words = Pack(x, outer, n, inner);
    SetThreads(2);
    EXPECT_TRUE(Pack(x, outer, n, inner).SameBits(words));
    const std::int64_t lines = WordsOf(n);
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t bit = 0; bit < 32 * lines; ++bit) {
        for (std::int64_t i = 0; i < inner; ++i) {
          const bool expected = bit < n && x[(o * n + bit) * inner + i] < 0;
          const std::int32_t word = words[(o * lines + bit / 32) * inner + i];
          ASSERT_EQ((word >> (bit % 32)) & 1, expected ? 1 : 0) << n << " " << bit;
        }
      }
    }
  }

  template <class T>
  static void Product(std::int64_t m, std::int64_t n, std::int64_t k) {
    Array<T> a(m * k), b(k * n), bias(n, 3);
    a.FillRandom(1);
    b.FillRandom(2);
    bias.Fill([](std::int64_t i) { return i % 9 - 4; });
    const Array<std::int32_t> packed_a = Pack(a, m, k, 1), packed_b = Pack(b, 1, k, n);
    for (const bool with_bias : {false, true}) {
      const Buffer added = with_bias ? bias.buffer() : Buffer{};
      for (const int threads : {1, 2}) {
        SetThreads(threads);
        Array<T> out(m * n, 2);
        XnorMatmul(
            {kDtypeOf<T>, packed_a.buffer(), packed_b.buffer(), added, out.buffer(), m, n, k});
        ASSERT_TRUE(out.GuardsIntact());
        for (std::int64_t i = 0; i < m; ++i) {
          for (std::int64_t j = 0; j < n; ++j) {
            T sum = with_bias ? bias[j] : T(0);
            for (std::int64_t l = 0; l < k; ++l) sum += Sign(a[i * k + l]) * Sign(b[l * n + j]);
            ASSERT_EQ(out[i * n + j], sum) << m << " x " << n << " x " << k;
          }
        }
      }
    }
  }

  template <class T>
  static void Convolution(const Conv2dGeometry& g) {
    Array<T> x(g.in_length()), weight(g.weight_length()), bias(g.out_channels);
    x.FillRandom(1);
    weight.FillRandom(2);
    bias.Fill([](std::int64_t i) { return i % 5; });
    const Array<std::int32_t> packed_x = Pack(x, g.batch * g.groups, g.in_group(), g.in_plane());
    const Array<std::int32_t> packed_weight = Pack(weight, g.out_channels, g.in_group(), g.taps());
    Array<T> sums(g.out_length());
    x.Fill([&](std::int64_t i) { return Sign(x[i]); });
    weight.Fill([&](std::int64_t i) { return Sign(weight[i]); });
    Conv2d({kDtypeOf<T>, x.buffer(), weight.buffer(), Buffer{}, sums.buffer(), g,
            Activation::kIdentity, 0, Conv2dAlgorithm::kDirect});
    for (const int threads : {1, 2}) {
      SetThreads(threads);
      Array<T> out(g.out_length(), 1);
      XnorConv2d(
          {kDtypeOf<T>, packed_x.buffer(), packed_weight.buffer(), bias.buffer(), out.buffer(), g});
      ASSERT_TRUE(out.GuardsIntact());
      for (std::int64_t i = 0; i < out.size(); ++i) {
        const T expected = sums[i] + bias[i / g.out_plane() % g.out_channels];
        ASSERT_EQ(out[i], expected) << Describe(g) << " at " << i;
      }
    }
  }

  void TearDown() override {
    SetThreads(2);
    EveryIsaTarget::TearDown();
  }
};

TEST_P(XnorTest, PacksSigns) {
  for (const std::int64_t n : kSizes) {
    Bits<float>(2, n, 1);
    Bits<double>(1, n, 1);
    Bits<float>(1, n, 5);
    Bits<double>(2, n, 19);
  }
  Bits<float>(4, 33, 5000);  // several tasks
  Bits<float>(9, 20011, 1);
}

TEST_P(XnorTest, MultipliesSigns) {
  for (const std::int64_t n : {1, 15, 16, 17, 40}) {
    for (const std::int64_t m : {1, 4, 8, 13}) Product<float>(m, n, 70);
  }
  for (const std::int64_t k : {0, 1, 31, 32, 33, 992, 993, 2100}) Product<double>(3, 20, k);
  Product<float>(300, 65, 700);  // several tasks
}

TEST_P(XnorTest, ConvolvesSigns) {
  for (const Conv2dGeometry& g : Conv2dGeometries()) Convolution<float>(g);
  Convolution<double>(GeometryOf(2, 2, 70, 9, {9, 3, 2, 1, 1}, {20, 3, 1, 1, 1}));
}

TEST_P(XnorTest, RefusesWhatIsTooShort) {
  Array<float> x(64), out(6);
  Array<std::int32_t> words(1), more(8);
  EXPECT_THROW(PackSigns({Dtype::kFloat32, x.buffer(), words.buffer(), 1, 64, 1}), Error);
  EXPECT_THROW(PackSigns({Dtype::kInt32, words.buffer(), words.buffer(), 1, 1, 1}), Error);
  EXPECT_THROW(
      XnorMatmul({Dtype::kFloat32, more.buffer(), more.buffer(), Buffer{}, out.buffer(), 2, 4, 64}),
      Error);
  EXPECT_THROW(XnorMatmul({Dtype::kFloat32, more.buffer(), more.buffer(), Buffer{}, out.buffer(), 2,
                           -4, 64}),
               Error);
  Conv2dGeometry g = GeometryOf(1, 1, 33, 2, {3, 3, 1, 1, 1}, {3, 3, 1, 1, 1});
  EXPECT_THROW(
      XnorConv2d({Dtype::kFloat32, more.buffer(), more.buffer(), Buffer{}, out.buffer(), g}),
      Error);
}
GRADLANE_ON_EVERY_ISA_TARGET(XnorTest);

}  // namespace
}  // namespace gradlane
