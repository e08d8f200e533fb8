#include "ops/upsample2d.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

std::int64_t NearestOf(std::int64_t o, std::int64_t in, std::int64_t out, double scale) {
  if (scale == 0) return o * in / out;
  const double place = std::floor(static_cast<double>(o) / scale);
  return static_cast<std::int64_t>(std::min(place, static_cast<double>(in - 1)));
}

// Where output o stands among the inputs; the operations are those of the reference, so that both
// backends take the same neighbours.
double PlaceOf(std::int64_t o, std::int64_t in, std::int64_t out, double scale, bool align) {
  const double last = static_cast<double>(in - 1);
  double place = 0;
  if (align) {
    if (out > 1) place = static_cast<double>(o) * last / static_cast<double>(out - 1);
  } else {
    const double ratio = scale == 0 ? static_cast<double>(out) / static_cast<double>(in) : scale;
    place = (static_cast<double>(o) + 0.5) / ratio - 0.5;
  }
  return std::min(std::max(place, 0.0), last);
}

// Fills the arrays of an axis, in > 0.
template <class T>
UpsampleAxis<T> MakeAxis(std::int64_t in, std::int64_t out, double scale,
                         const Upsample2dArgs& args, T* own, T* next, std::int32_t* index) {
  const bool nearest = args.mode == UpsampleMode::kNearest;
  const bool doubling =
      out == 2 * in && (scale == 0 || scale == 2) && (nearest || !args.align_corners);
  if (nearest) {
    for (std::int64_t o = 0; o < out; ++o) {
      index[o] = static_cast<std::int32_t>(NearestOf(o, in, out, scale));
    }
    return {in, out, index, nullptr, nullptr, doubling};
  }
  for (std::int64_t o = 0; o < out; ++o) {
    const double place = PlaceOf(o, in, out, scale, args.align_corners);
    const double whole = std::floor(place);
    index[o] = static_cast<std::int32_t>(whole);
    own[o] = static_cast<T>(1 - (place - whole));
    next[o] = static_cast<T>(place - whole);
  }
  return {in, out, index, own, next, doubling};
}

// Both axes, in scratch that lasts over the parallel part.
template <class T>
struct Axes {
  UpsampleAxis<T> rows, cols;

  explicit Axes(const Upsample2dArgs& args) {
    const std::int64_t places = args.out_height + args.out_width, height = args.out_height;
    auto* own = static_cast<T*>(
        ThreadScratch(ScratchSlot::kBias,
                      static_cast<std::size_t>(places) * (2 * sizeof(T) + sizeof(std::int32_t))));
    T* next = own + places;
    auto* index = reinterpret_cast<std::int32_t*>(next + places);
    rows = MakeAxis(args.in_height, height, args.scale_height, args, own, next, index);
    cols = MakeAxis(args.in_width, args.out_width, args.scale_width, args, own + height,
                    next + height, index + height);
  }
};

// The checked operands; none of the sizes is 0 where there is anything to do.
template <class T>
struct Images {
  const T* from = nullptr;
  T* to = nullptr;
  bool empty = false;

  Images(const Upsample2dArgs& args, bool gradient, const char* op) {
    KindIndex(args.mode, kUpsampleModeCount, op, "mode");
    const std::int64_t in = Product(op, args.planes, args.in_height, args.in_width);
    const std::int64_t out = Product(op, args.planes, args.out_height, args.out_width);
    from = Elements<T>(args.from, gradient ? out : in, op, gradient ? "gradOut" : "x");
    to = Elements<T>(args.to, gradient ? in : out, op, gradient ? "gradX" : "out");
    for (const std::int64_t size :
         {args.in_height, args.in_width, args.out_height, args.out_width}) {
      if (size == 0 && args.planes > 0) {
        Throw(ErrorCode::kShape, {op, ": no image has a side of ", size});
      }
    }
    for (const double scale : {args.scale_height, args.scale_width}) {
      if (!(scale >= 0 && std::isfinite(scale))) {
        Throw(ErrorCode::kValue, {op, ": expected a scale above 0, got ", scale});
      }
    }
    empty = in == 0 || out == 0;
  }
};

// body(plane, first row, end) for pieces of planes of `height` rows, of about the grain each.
template <class Body>
void ForRows(std::int64_t planes, std::int64_t height, std::int64_t cols, Body&& body) {
  ParallelRanges(planes * height, RowsOfGrain(kMemoryGrain, cols),
                 [&](std::int64_t begin, std::int64_t end) {
                   while (begin < end) {
                     const std::int64_t plane = begin / height, row = begin % height;
                     const std::int64_t count = std::min(end - begin, height - row);
                     body(plane, row, row + count);
                     begin += count;
                   }
                 });
}

template <class T>
T* RowScratch(std::int64_t elements) {
  return static_cast<T*>(
      ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(elements) * sizeof(T)));
}

}  // namespace

void Upsample2d(const Upsample2dArgs& args) {
  constexpr const char* kOp = "upsample2d";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Images<T> images(args, false, kOp);
    if (images.empty) return;
    const Axes<T> axes(args);
    const std::int64_t width = args.in_width, out_width = args.out_width;
    const auto& kernels = Kernels().typed<T>().upsample2d;
    ForRows(args.planes, args.out_height, out_width,
            [&](std::int64_t plane, std::int64_t begin, std::int64_t end) {
              T* temp = RowScratch<T>(width + Upsample2dKernels<T>::kPadding);
              const T* x = images.from + plane * args.in_height * width;
              T* out = images.to + plane * args.out_height * out_width;
              const std::int32_t* index = axes.rows.index;
              const T *own = axes.rows.own, *next = axes.rows.next;
              for (std::int64_t i = begin; i < end; ++i) {
                T* row = out + i * out_width;
                if (own == nullptr && i > begin && index[i] == index[i - 1]) {
                  std::memcpy(row, row - out_width,
                              static_cast<std::size_t>(out_width) * sizeof(T));
                  continue;
                }
                const T* upper = x + index[i] * width;
                const bool two = own != nullptr && index[i] + 1 < args.in_height;
                kernels.row(axes.cols, upper, two ? upper + width : nullptr, two ? own[i] : T(1),
                            two ? next[i] : T(0), temp, row);
              }
            });
  });
}

void Upsample2dGradient(const Upsample2dArgs& args) {
  constexpr const char* kOp = "upsample2dGradient";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Images<T> images(args, true, kOp);
    if (images.empty) {
      return;
    }
    const Axes<T> axes(args);
    const std::int64_t width = args.in_width, out_width = args.out_width;
    const auto& kernels = Kernels().typed<T>().upsample2d;
    const auto axpby = Kernels().typed<T>().elementwise.axpby;
    // A row of grad_x takes the rows of grad_out whose index is its own or one less: first their
    // weighted sum, then once along the row. A task owns rows of grad_x.
    const std::int64_t per_row = out_width * (args.out_height / args.in_height + 1);
    ForRows(args.planes, args.in_height, per_row,
            [&](std::int64_t plane, std::int64_t begin, std::int64_t end) {
              T* sum = RowScratch<T>(out_width);
              const T* g = images.from + plane * args.out_height * out_width;
              T* grad_x = images.to + plane * args.in_height * width;
              const std::int32_t* index = axes.rows.index;
              const T *own = axes.rows.own, *next = axes.rows.next;
              const std::int32_t* stop = index + args.out_height;
              const std::int64_t reach = own == nullptr ? 0 : 1;
              for (std::int64_t y = begin; y < end; ++y) {
                T beta = 0;
                const auto first = std::lower_bound(index, stop, y - reach);
                for (std::int64_t i = first - index; i < args.out_height && index[i] <= y; ++i) {
                  const T weight = own == nullptr ? T(1) : index[i] == y ? own[i] : next[i];
                  axpby(g + i * out_width, sum, out_width, weight, beta);
                  beta = 1;
                }
                if (beta == 0) std::fill(sum, sum + out_width, T(0));
                kernels.row_gradient(axes.cols, sum, grad_x + y * width);
              }
            });
  });
}

}  // namespace gradlane
