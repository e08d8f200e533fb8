#include "ops/pool2d.h"

#include <algorithm>
#include <limits>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/partials.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// How many elements the planes have before and after; the other sizes must be what loops end with.
struct Lengths {
  std::int64_t in, out;

  Lengths(std::int64_t planes, const Pool2dShape& s, const char* op)
      : in(Product(op, planes, s.in_height, s.in_width)),
        out(Product(op, planes, s.out_height, s.out_width)) {
    const std::int64_t least_one[] = {s.kernel_height, s.kernel_width,    s.stride_height,
                                      s.stride_width,  s.dilation_height, s.dilation_width};
    constexpr std::int64_t kMost = 2147483647;
    const auto fits = [](std::int64_t size, std::int64_t least) {
      return size >= least && size <= kMost;
    };
    for (const std::int64_t size : least_one) {
      if (!fits(size, 1)) ThrowSize(op, size);
    }
    for (const std::int64_t size : {s.pad_top, s.pad_left}) {
      if (!fits(size, 0)) ThrowSize(op, size);
    }
  }

  // Then the sizes may be anything, and no loop goes over them.
  bool empty() const { return in == 0 || out == 0; }

 private:
  [[noreturn]] static void ThrowSize(const char* op, std::int64_t size) {
    throw Error(
        ErrorCode::kShape,
        std::string(op) + ": no kernel, stride, padding or dilation is " + std::to_string(size));
  }
};

// body(first plane, count) for runs of planes
template <class Body>
void ForPlanes(std::int64_t planes, std::int64_t plane, Body&& body) {
  ParallelRanges(planes, RowsOfGrain(kMemoryGrain, plane),
                 [&](std::int64_t begin, std::int64_t end) { body(begin, end - begin); });
}

// body(first plane, part) for runs of whole planes or, of planes above the grain, for bands of some
// of their `rows` rows, an even number of them.
template <class Body>
void ForParts(std::int64_t planes, std::int64_t rows, std::int64_t plane, Body&& body) {
  if (plane <= kMemoryGrain || rows < 2) {
    ForPlanes(planes, plane, [&](std::int64_t first, std::int64_t count) {
      body(first, Pool2dPart{count, 0, rows});
    });
    return;
  }
  const std::int64_t height = 2 * ((RowsOfGrain(kMemoryGrain, plane / rows) + 1) / 2);
  const std::int64_t bands = (rows + height - 1) / height;
  ParallelFor(planes * bands, [&](std::int64_t task) {
    const std::int64_t begin = task % bands * height;
    body(task / bands, Pool2dPart{1, begin, std::min(begin + height, rows)});
  });
}

// The sizes for the kernels of the average, whose scratch memory is a padded row: no window is
// longer than that, which changes no sum and no divisor, or begins far behind it.
Pool2dShape AverageShape(Pool2dShape s, const char* op) {
  constexpr std::int64_t kMostPadding = std::int64_t{1} << 27;
  const std::int64_t padded = s.in_width + 2 * s.pad_left;
  s.kernel_width = std::min(s.kernel_width, padded);
  if (s.pad_left > kMostPadding || (s.out_width - 1) * s.stride_width > padded + s.kernel_width) {
    throw Error(ErrorCode::kShape,
                std::string(op) + ": " + std::to_string(s.out_width) +
                    " windows with a stride of " + std::to_string(s.stride_width) +
                    " reach far behind a row of " + std::to_string(s.in_width) +
                    " with a padding of " + std::to_string(s.pad_left) + ", which is 2^27 at most");
  }
  return s;
}

template <class T>
T* AverageScratch(const Pool2dShape& s) {
  return static_cast<T*>(ThreadScratch(ScratchSlot::kTemporary,
                                       static_cast<std::size_t>(Pool2dScratch(s)) * sizeof(T)));
}

void CheckPlaces(const char* op, const std::int32_t* index, std::int64_t n, std::int64_t plane) {
  const std::int64_t bad = FoldParts(
      n, kMemoryGrain, n,
      [&](std::int64_t begin, std::int64_t end) {
        // all at once: the sign of neither number is set where a place is good
        const auto most = static_cast<std::uint32_t>(plane - 1);
        std::uint32_t signs = 0;
        for (std::int64_t i = begin; i < end; ++i) {
          const auto place = static_cast<std::uint32_t>(index[i]);
          signs |= place | (most - place);
        }
        if (signs < 0x80000000u) return n;
        for (std::int64_t i = begin; i < end; ++i) {
          if (index[i] < 0 || index[i] >= plane) return i;
        }
        return n;
      },
      [](std::int64_t a, std::int64_t b) { return std::min(a, b); });
  if (bad < n) {
    throw Error(ErrorCode::kValue, std::string(op) + ": index " + std::to_string(index[bad]) +
                                       " at " + std::to_string(bad) + " is outside [0, " +
                                       std::to_string(plane) + ")");
  }
}

Pool2dShape AdaptiveShape(const AdaptiveAvgPool2dArgs& args) {
  return {args.in_height, args.in_width, args.out_height, args.out_width, 1, 1, 1, 1, 0, 0, 1, 1};
}

}  // namespace

void MaxPool2d(const MaxPool2dArgs& args) {
  constexpr const char* kOp = "maxPool2d";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Pool2dShape& s = args.shape;
    const Lengths length(args.planes, s, kOp);
    const T* x = Elements<T>(args.x, length.in, kOp, "x");
    T* out = Elements<T>(args.out, length.out, kOp, "out");
    std::int32_t* index = Elements<std::int32_t>(args.index, length.out, kOp, "index");
    if (length.in == 0) {
      std::fill_n(out, length.out, -std::numeric_limits<T>::infinity());
      std::fill_n(index, length.out, 0);
    }
    if (length.empty()) return;
    const std::int64_t in = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
    const auto kernel = Kernels().typed<T>().pool2d.max;
    ForParts(args.planes, s.out_height, in, [&](std::int64_t first, Pool2dPart part) {
      kernel(s, x + first * in, out + first * pooled, index + first * pooled, part);
    });
  });
}

void MaxPool2dGradient(const MaxPool2dGradientArgs& args) {
  constexpr const char* kOp = "maxPool2dGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Pool2dShape& s = args.shape;
    const Lengths length(args.planes, s, kOp);
    const T* grad_out = Elements<T>(args.grad_out, length.out, kOp, "gradOut");
    const auto* index = Elements<std::int32_t>(args.index, length.out, kOp, "index");
    T* grad_x = Elements<T>(args.grad_x, length.in, kOp, "gradX");
    const std::int64_t in = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
    CheckPlaces(kOp, index, length.out, in);
    if (length.out == 0) std::fill_n(grad_x, length.in, T(0));
    if (length.empty()) return;
    const auto& kernels = Kernels().typed<T>().pool2d;
    const auto body = [&](std::int64_t first, Pool2dPart part) {
      kernels.max_gradient(s, grad_out + first * pooled, index + first * pooled,
                           grad_x + first * in, part);
    };
    if (kernels.max_gradient_splits(s)) {
      ForParts(args.planes, s.out_height, in, body);
      return;
    }
    ForPlanes(args.planes, in, [&](std::int64_t first, std::int64_t count) {
      body(first, Pool2dPart{count, 0, s.out_height});
    });
  });
}

void AvgPool2d(const AvgPool2dArgs& args) {
  constexpr const char* kOp = "avgPool2d";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Lengths length(args.planes, args.shape, kOp);
    const T* x = Elements<T>(args.from, length.in, kOp, "x");
    T* out = Elements<T>(args.to, length.out, kOp, "out");
    if (length.in == 0) std::fill_n(out, length.out, T(0));
    if (length.empty()) return;
    const Pool2dShape s = AverageShape(args.shape, kOp);
    const std::int64_t in = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
    const Pool2dDivisor divisor = {args.count_include_pad, args.divisor_override};
    const auto kernel = Kernels().typed<T>().pool2d.average;
    ForParts(args.planes, s.out_height, std::max(in, pooled),
             [&](std::int64_t first, Pool2dPart part) {
               kernel(s, divisor, x + first * in, out + first * pooled, part, AverageScratch<T>(s));
             });
  });
}

void AvgPool2dGradient(const AvgPool2dArgs& args) {
  constexpr const char* kOp = "avgPool2dGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Lengths length(args.planes, args.shape, kOp);
    const T* grad_out = Elements<T>(args.from, length.out, kOp, "gradOut");
    T* grad_x = Elements<T>(args.to, length.in, kOp, "gradX");
    if (length.out == 0) std::fill_n(grad_x, length.in, T(0));
    if (length.empty()) return;
    const Pool2dShape s = AverageShape(args.shape, kOp);
    const std::int64_t in = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
    const Pool2dDivisor divisor = {args.count_include_pad, args.divisor_override};
    const auto kernel = Kernels().typed<T>().pool2d.average_gradient;
    ForParts(args.planes, s.in_height, std::max(in, pooled),
             [&](std::int64_t first, Pool2dPart part) {
               kernel(s, divisor, grad_out + first * pooled, grad_x + first * in, part,
                      AverageScratch<T>(s));
             });
  });
}

void AdaptiveAvgPool2d(const AdaptiveAvgPool2dArgs& args) {
  constexpr const char* kOp = "adaptiveAvgPool2d";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Pool2dShape s = AdaptiveShape(args);
    const Lengths length(args.planes, s, kOp);
    const T* x = Elements<T>(args.from, length.in, kOp, "x");
    T* out = Elements<T>(args.to, length.out, kOp, "out");
    if (length.in == 0) std::fill_n(out, length.out, std::numeric_limits<T>::quiet_NaN());
    if (length.empty()) return;
    const std::int64_t in = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
    const auto kernel = Kernels().typed<T>().pool2d.adaptive;
    ForPlanes(args.planes, std::max(in, pooled), [&](std::int64_t first, std::int64_t count) {
      kernel(s, x + first * in, out + first * pooled, count);
    });
  });
}

void AdaptiveAvgPool2dGradient(const AdaptiveAvgPool2dArgs& args) {
  constexpr const char* kOp = "adaptiveAvgPool2dGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Pool2dShape s = AdaptiveShape(args);
    const Lengths length(args.planes, s, kOp);
    const T* grad_out = Elements<T>(args.from, length.out, kOp, "gradOut");
    T* grad_x = Elements<T>(args.to, length.in, kOp, "gradX");
    if (length.out == 0) std::fill_n(grad_x, length.in, T(0));
    if (length.empty()) return;
    const std::int64_t in = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
    const auto kernel = Kernels().typed<T>().pool2d.adaptive_gradient;
    ForPlanes(args.planes, std::max(in, pooled), [&](std::int64_t first, std::int64_t count) {
      kernel(s, grad_out + first * pooled, grad_x + first * in, count);
    });
  });
}

}  // namespace gradlane
