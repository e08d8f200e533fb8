#include "ops/pool2d.h"

#include <algorithm>
#include <limits>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/partials.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// Throws unless the sizes, but those of the planes, are what loops end with.
void CheckSizes(const Pool2dShape& s, const char* op) {
  const auto check = [op](std::int64_t size, std::int64_t least) {
    constexpr std::int64_t kMost = 2147483647;
    if (size >= least && size <= kMost) return;
    Throw(ErrorCode::kShape, {op, ": no kernel, stride, padding or dilation is ", size});
  };
  for (const std::int64_t size : {s.kernel_height, s.kernel_width, s.stride_height, s.stride_width,
                                  s.dilation_height, s.dilation_width}) {
    check(size, 1);
  }
  for (const std::int64_t size : {s.pad_top, s.pad_left}) check(size, 0);
}

// body(first plane, part) for runs of whole planes or, where planes above the grain may be cut, for
// bands of some of their `rows` rows, an even number of them.
template <class Body>
void ForParts(std::int64_t planes, std::int64_t rows, std::int64_t plane, bool cut, Body&& body) {
  if (plane <= kMemoryGrain || rows < 2 || !cut) {
    ParallelRanges(planes, RowsOfGrain(kMemoryGrain, plane),
                   [&](std::int64_t begin, std::int64_t end) {
                     body(begin, Pool2dPart{end - begin, 0, rows});
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
    Throw(ErrorCode::kShape, {op, ": ", s.out_width, " windows with a stride of ", s.stride_width,
                              " reach far behind a row of ", s.in_width, " with a padding of ",
                              s.pad_left, ", which is 2^27 at most"});
  }
  return s;
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
    Throw(ErrorCode::kValue,
          {op, ": index ", index[bad], " at ", bad, " is outside [0, ", plane, ")"});
  }
}

// A pooling of planes, or its gradient: all but the kernel.
struct Planes {
  const char* op;
  bool gradient;  // from gradOut to gradX, not from x to out
  Dtype dtype;
  std::int64_t count;
  const Pool2dShape& shape;
  const Buffer &from, &to;
  double empty;                            // what it gives where it is from no elements
  bool cut = true;                         // the rows of a plane between tasks
  const Buffer* index = nullptr;           // of the largest, one for each pooled element
  const Pool2dDivisor* divisor = nullptr;  // of an average
};

// from and to at the first plane of the part, index at its pooled one.
using RunPart = void (*)(const Planes& planes, const Pool2dShape& shape, const void* from, void* to,
                         std::int32_t* index, Pool2dPart part);

// Once for all types and kernels, which the function in `run` knows.
void Run(const Planes& p, RunPart run) {
  const Pool2dShape& s = p.shape;
  const std::int64_t in = Product(p.op, p.count, s.in_height, s.in_width);
  const std::int64_t out = Product(p.op, p.count, s.out_height, s.out_width);
  CheckSizes(s, p.op);
  const std::int64_t from_n = p.gradient ? out : in, to_n = p.gradient ? in : out;
  const char* from = ElementBytes(p.dtype, p.from, from_n, p.op, p.gradient ? "gradOut" : "x");
  char* to = ElementBytes(p.dtype, p.to, to_n, p.op, p.gradient ? "gradX" : "out");
  const std::int64_t plane = s.in_height * s.in_width, pooled = s.out_height * s.out_width;
  std::int32_t* index = nullptr;
  if (p.index != nullptr) {
    index = Elements<std::int32_t>(*p.index, out, p.op, "index");
    if (p.gradient) CheckPlaces(p.op, index, out, plane);
  }
  if (from_n == 0) {
    DispatchFloat(p.dtype, p.op, [&](auto zero) {
      using T = decltype(zero);
      std::fill_n(reinterpret_cast<T*>(to), to_n, static_cast<T>(p.empty));
    });
    if (index != nullptr) std::fill_n(index, out, 0);
  }
  if (in == 0 || out == 0) return;  // then the sizes may be anything, and no loop goes over them
  const Pool2dShape* shape = &s;
  Pool2dShape average;
  if (p.divisor != nullptr) shape = &(average = AverageShape(s, p.op));

  const std::int64_t size = ItemSize(p.dtype);
  const std::int64_t from_plane = size * (p.gradient ? pooled : plane);
  const std::int64_t to_plane = size * (p.gradient ? plane : pooled);
  // An average's gradient is computed by rows of what it gives, that of the largest by outputs.
  const std::int64_t rows = p.gradient && index == nullptr ? s.in_height : s.out_height;
  ForParts(p.count, rows, std::max(plane, pooled), p.cut, [&](std::int64_t first, Pool2dPart part) {
    run(p, *shape, from + first * from_plane, to + first * to_plane,
        index == nullptr ? nullptr : index + first * pooled, part);
  });
}

// kernel(kernels, planes, shape, from, to, index, part) for all parts, in the planes' type. It
// captures nothing.
template <class Kernel>
void Pool(const Planes& planes, Kernel) {
  DispatchFloat(planes.dtype, planes.op, [&](auto zero) {
    using T = decltype(zero);
    Run(planes, [](const Planes& p, const Pool2dShape& s, const void* from, void* to,
                   std::int32_t* index, Pool2dPart part) {
      Kernel()(Kernels().typed<T>().pool2d, p, s, static_cast<const T*>(from), static_cast<T*>(to),
               index, part);
    });
  });
}

// For results of type T.
template <class T>
T* AverageScratch(const Pool2dShape& s, const T*) {
  return static_cast<T*>(ThreadScratch(ScratchSlot::kTemporary,
                                       static_cast<std::size_t>(Pool2dScratch(s)) * sizeof(T)));
}

Pool2dShape AdaptiveShape(const AdaptiveAvgPool2dArgs& args) {
  return {args.in_height, args.in_width, args.out_height, args.out_width, 1, 1, 1, 1, 0, 0, 1, 1};
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void MaxPool2d(const MaxPool2dArgs& args) {
  Pool({"maxPool2d", false, args.dtype, args.planes, args.shape, args.x, args.out, -kInfinity, true,
        &args.index},
       [](const auto& kernels, const Planes&, const Pool2dShape& s, const auto* x, auto* out,
          std::int32_t* index, Pool2dPart part) { kernels.max(s, x, out, index, part); });
}

void MaxPool2dGradient(const MaxPool2dGradientArgs& args) {
  const bool cut = Kernels().f32.pool2d.max_gradient_splits(args.shape);  // the same for float64
  Pool({"maxPool2dGradient", true, args.dtype, args.planes, args.shape, args.grad_out, args.grad_x,
        0, cut, &args.index},
       [](const auto& kernels, const Planes&, const Pool2dShape& s, const auto* grad_out,
          auto* grad_x, const std::int32_t* index,
          Pool2dPart part) { kernels.max_gradient(s, grad_out, index, grad_x, part); });
}

void AvgPool2d(const AvgPool2dArgs& args) {
  const Pool2dDivisor divisor = {args.count_include_pad, args.divisor_override};
  Pool({"avgPool2d", false, args.dtype, args.planes, args.shape, args.from, args.to, 0, true,
        nullptr, &divisor},
       [](const auto& kernels, const Planes& p, const Pool2dShape& s, const auto* x, auto* out,
          std::int32_t*, Pool2dPart part) {
         kernels.average(s, *p.divisor, x, out, part, AverageScratch(s, out));
       });
}

void AvgPool2dGradient(const AvgPool2dArgs& args) {
  const Pool2dDivisor divisor = {args.count_include_pad, args.divisor_override};
  Pool({"avgPool2dGradient", true, args.dtype, args.planes, args.shape, args.from, args.to, 0, true,
        nullptr, &divisor},
       [](const auto& kernels, const Planes& p, const Pool2dShape& s, const auto* grad_out,
          auto* grad_x, std::int32_t*, Pool2dPart part) {
         kernels.average_gradient(s, *p.divisor, grad_out, grad_x, part, AverageScratch(s, grad_x));
       });
}

void AdaptiveAvgPool2d(const AdaptiveAvgPool2dArgs& args) {
  Pool({"adaptiveAvgPool2d", false, args.dtype, args.planes, AdaptiveShape(args), args.from,
        args.to, kNaN, false},
       [](const auto& kernels, const Planes&, const Pool2dShape& s, const auto* x, auto* out,
          std::int32_t*, Pool2dPart part) { kernels.adaptive(s, x, out, part.planes); });
}

void AdaptiveAvgPool2dGradient(const AdaptiveAvgPool2dArgs& args) {
  Pool({"adaptiveAvgPool2dGradient", true, args.dtype, args.planes, AdaptiveShape(args), args.from,
        args.to, 0, false},
       [](const auto& kernels, const Planes&, const Pool2dShape& s, const auto* grad_out,
          auto* grad_x, std::int32_t*,
          Pool2dPart part) { kernels.adaptive_gradient(s, grad_out, grad_x, part.planes); });
}

}  // namespace gradlane
