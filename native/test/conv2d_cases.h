// Geometries of convolutions and what the definition gives for them, for the tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "ops/conv2d.h"
#include "test/arrays.h"

namespace gradlane {

struct Side {
  std::int64_t in, kernel, stride, pad, dilation;
  std::int64_t pad_after = -1;  // -1: as before

  std::int64_t out() const {
    const std::int64_t after = pad_after < 0 ? pad : pad_after;
    return (in + pad + after - (kernel - 1) * dilation - 1) / stride + 1;
  }
};

inline Conv2dGeometry GeometryOf(std::int64_t batch, std::int64_t groups, std::int64_t in_group,
                                 std::int64_t out_group, const Side& y, const Side& x) {
  return {batch,   groups * in_group, y.in,       x.in,     groups * out_group, y.out(),
          x.out(), y.kernel,          x.kernel,   y.stride, x.stride,           y.pad,
          x.pad,   y.dilation,        x.dilation, groups};
}

inline std::string Describe(const Conv2dGeometry& g) {
  const auto n = [](std::int64_t value) { return std::to_string(value); };
  return n(g.batch) + " x " + n(g.in_channels) + " x " + n(g.in_height) + " x " + n(g.in_width) +
         " to " + n(g.out_channels) + " x " + n(g.out_height) + " x " + n(g.out_width) +
         ", kernel " + n(g.kernel_height) + " x " + n(g.kernel_width) + ", stride " +
         n(g.stride_height) + " x " + n(g.stride_width) + ", pad " + n(g.pad_top) + " x " +
         n(g.pad_left) + ", dilation " + n(g.dilation_height) + " x " + n(g.dilation_width) +
         ", groups " + n(g.groups);
}

// Around vectors and tiles, strides past the kernel, dilation, groups, padding of every kind, one
// pixel, one image and several.
inline std::vector<Conv2dGeometry> Conv2dGeometries() {
  std::vector<Conv2dGeometry> all;
  const Side sides[] = {{5, 3, 1, 1, 1},     {6, 3, 1, 0, 1},  {9, 2, 2, 1, 1}, {11, 3, 2, 1, 1},
                        {7, 1, 1, 0, 1},     {8, 1, 3, 0, 1},  {9, 3, 1, 2, 2}, {10, 3, 3, 2, 3},
                        {4, 5, 1, 2, 1},     {1, 3, 1, 1, 1},  {1, 1, 1, 0, 1}, {6, 2, 1, 0, 1, 1},
                        {17, 5, 4, 0, 1, 3}, {33, 3, 1, 1, 1}, {3, 2, 5, 4, 1}, {12, 4, 2, 1, 3}};
  std::int64_t turn = 0;
  for (const Side& y : sides) {
    for (const Side& x : sides) {
      const std::int64_t groups = turn % 4 == 3 ? 3 : 1;
      all.push_back(GeometryOf(1 + turn % 3, groups, 1 + turn % 5, 1 + turn % 7, y, x));
      ++turn;
    }
  }
  const Side same3{8, 3, 1, 1, 1}, one{8, 1, 1, 0, 1};
  for (const std::int64_t channels : {2, 15, 16, 17, 33, 50}) {
    all.push_back(GeometryOf(2, 1, channels, 65 - channels, same3, {13, 3, 1, 1, 1}));
    all.push_back(GeometryOf(2, 1, channels, 3, one, {9, 1, 1, 0, 1}));
    all.push_back(GeometryOf(3, channels, 1, 1, same3, same3));
    all.push_back(GeometryOf(1, channels, 1, 2, {9, 3, 2, 1, 1}, {20, 3, 2, 1, 1}));
  }
  all.push_back(GeometryOf(7, 1, 5, 3, {2, 2, 1, 0, 1}, {2, 2, 1, 0, 1}));  // one pixel a result
  all.push_back(GeometryOf(40, 1, 3, 5, same3, {7, 3, 1, 1, 1}));           // images in one piece
  all.push_back(GeometryOf(1, 1, 70, 5, {3, 3, 1, 1, 1}, {500, 3, 1, 1, 1}));  // wider than a panel
  all.push_back(GeometryOf(2, 1, 2, 3, {30, 23, 1, 3, 1}, {25, 19, 1, 4, 1}));  // taps past a panel
  all.push_back(GeometryOf(1, 2, 40, 40, {40, 3, 1, 1, 1}, {40, 3, 1, 1, 1}));  // several bands
  // kernels as large as the image or one of its sides
  all.push_back(GeometryOf(5, 1, 3, 4, {6, 6, 1, 0, 1}, {5, 5, 1, 0, 1}));
  all.push_back(GeometryOf(1, 1, 20, 3, {6, 6, 2, 0, 1}, {5, 5, 3, 0, 1}));
  all.push_back(GeometryOf(70, 1, 1, 33, {16, 3, 1, 0, 1}, {16, 16, 1, 0, 1}));
  all.push_back(GeometryOf(3, 1, 17, 5, {9, 8, 1, 0, 1}, {40, 39, 1, 1, 1}));
  // what Winograd is chosen for
  all.push_back(GeometryOf(2, 1, 33, 31, {20, 3, 1, 1, 1}, {23, 3, 1, 0, 1}));
  all.push_back(GeometryOf(2, 1, 17, 19, {14, 5, 1, 2, 1}, {15, 5, 1, 1, 1}));
  return all;
}

// What the steps of Winograd's convolution make of numbers of size 1, in the worst case: the
// largest sum of magnitudes that passes through them into one result of one tile and one channel.
struct WinogradGrowth {
  double result = 0, filter = 0;  // of results (and, filters reversed, of grad_x), of grad_weight

  explicit WinogradGrowth(std::int64_t kernel) {
    const double points[] = {0, 0.625, -0.625, 1.5, -1.5};
    const std::int64_t side = 7 - kernel;
    std::vector<double> results(static_cast<std::size_t>(side)),
        filters(static_cast<std::size_t>(kernel));
    for (int j = 0; j < 6; ++j) {
      // The product of (x - q) over the other points q (infinity: over all), its value at the
      // point.
      std::vector<double> product = {1};
      double at_point = 1;
      for (int k = 0; k < 5; ++k) {
        if (k == j) continue;
        product.insert(product.begin(), 0);
        for (std::size_t i = 0; i + 1 < product.size(); ++i)
          product[i] -= points[k] * product[i + 1];
        if (j < 5) at_point *= points[j] - points[k];
      }
      double from_source = 0;
      for (const double c : product) from_source += std::abs(c);
      const auto power = [&](std::int64_t i, std::int64_t count) {
        return j == 5 ? double(i == count - 1) : std::pow(std::abs(points[j]), double(i));
      };
      double from_filter = 0, from_grad = 0;
      for (std::int64_t i = 0; i < kernel; ++i) from_filter += power(i, kernel);
      for (std::int64_t i = 0; i < side; ++i) from_grad += power(i, side);
      const double all = from_source / std::abs(at_point);
      for (std::int64_t i = 0; i < side; ++i) {
        results[static_cast<std::size_t>(i)] += power(i, side) * from_filter * all;
      }
      for (std::int64_t i = 0; i < kernel; ++i) {
        filters[static_cast<std::size_t>(i)] += power(i, kernel) * from_grad * all;
      }
    }
    // Rows and columns grow alike.
    for (const double sum : results) result = std::max(result, sum * sum);
    for (const double sum : filters) filter = std::max(filter, sum * sum);
  }
};

// The three passes by the definition, in wide arithmetic, with the sums of the terms' magnitudes.
template <class T>
struct Conv2dByDefinition {
  using W = WideOf<T>;
  Conv2dGeometry g;
  std::vector<W> out, out_size, grad_x, grad_x_size, grad_weight, grad_weight_size;

  Conv2dByDefinition(const Conv2dGeometry& geometry, const Array<T>& x, const Array<T>& weight,
                     const Array<T>& grad_out)
      : g(geometry) {
    for (auto* v : {&out, &out_size}) v->assign(static_cast<std::size_t>(g.out_length()), W(0));
    for (auto* v : {&grad_x, &grad_x_size})
      v->assign(static_cast<std::size_t>(g.in_length()), W(0));
    for (auto* v : {&grad_weight, &grad_weight_size}) {
      v->assign(static_cast<std::size_t>(g.weight_length()), W(0));
    }
    ForTerms([&](std::int64_t o, std::int64_t i, std::int64_t w) {
      Add(out, out_size, o, W(x[i]) * weight[w]);
      Add(grad_x, grad_x_size, i, W(grad_out[o]) * weight[w]);
      Add(grad_weight, grad_weight_size, w, W(grad_out[o]) * x[i]);
    });
  }

 private:
  static void Add(std::vector<W>& sum, std::vector<W>& size, std::int64_t at, W term) {
    sum[static_cast<std::size_t>(at)] += term;
    size[static_cast<std::size_t>(at)] += std::abs(term);
  }

  // body(place in out, place in x, place in weight) for every product of the definition.
  template <class Body>
  void ForTerms(Body&& body) const {
    for (std::int64_t at = 0; at < g.out_length(); ++at) {
      const std::int64_t j = at % g.out_width, i = at / g.out_width % g.out_height;
      const std::int64_t o = at / g.out_plane() % g.out_channels;
      const std::int64_t b = at / g.out_plane() / g.out_channels, group = o / g.out_group();
      for (std::int64_t w = 0; w < g.in_group() * g.taps(); ++w) {
        const std::int64_t c = w / g.taps(), p = w % g.taps() / g.kernel_width,
                           q = w % g.kernel_width;
        const std::int64_t y = i * g.stride_height - g.pad_top + p * g.dilation_height;
        const std::int64_t x = j * g.stride_width - g.pad_left + q * g.dilation_width;
        if (y < 0 || y >= g.in_height || x < 0 || x >= g.in_width) continue;
        body(at,
             ((b * g.in_channels + group * g.in_group() + c) * g.in_height + y) * g.in_width + x,
             o * g.in_group() * g.taps() + w);
      }
    }
  }
};

}  // namespace gradlane
