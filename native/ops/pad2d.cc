#include "ops/pad2d.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/kind.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

// One dimension of an image: the padded places [0, begin) and [end, out) lie outside of it, those
// between are its own from `skip` on.
struct Line {
  std::int64_t in, before, out, begin, end, skip;
  PadMode mode;

  Line(std::int64_t in_size, std::int64_t before_it, std::int64_t after_it, PadMode how,
       const char* op)
      : in(in_size), before(before_it), out(in + before + after_it), mode(how) {
    const std::int64_t reach = std::max(before, after_it);
    const bool fits = (mode == PadMode::kConstant) || (mode == PadMode::kReflect && reach < in) ||
                      (mode == PadMode::kCircular && reach <= in) ||
                      (mode == PadMode::kReplicate && in > 0);
    if (!IsSize(in) || !IsSize(out) || (reach > 0 && !fits)) Refuse(op, after_it);
    skip = std::max<std::int64_t>(0, -before);
    begin = std::min(std::max<std::int64_t>(0, before), out);
    const std::int64_t count = in + std::min<std::int64_t>(0, after_it) - skip;
    end = begin + std::max<std::int64_t>(0, count);
  }

  bool Inside(std::int64_t i) const { return i >= begin && i < end; }

  // The place of the image that padded place i shows, -1 for none.
  std::int64_t Source(std::int64_t i) const {
    const std::int64_t at = i - before;
    if (at >= 0 && at < in) return at;
    switch (mode) {
      case PadMode::kReflect:
        return at < 0 ? -at : 2 * (in - 1) - at;
      case PadMode::kReplicate:
        return at < 0 ? 0 : in - 1;
      case PadMode::kCircular:
        return at < 0 ? at + in : at - in;
      default:
        return -1;
    }
  }

 private:
  // So that the products of two are exact.
  static bool IsSize(std::int64_t size) { return size >= 0 && size <= 2147483647; }

  [[noreturn]] void Refuse(const char* op, std::int64_t after) const {
    constexpr const char* kRules[kPadModeCount] = {
        "a padded size of at least 0 and at most 2^31 - 1",
        "a padding smaller than the size, to be reflected",
        "a size of at least 1, to be replicated", "a padding of at most the size, to go around"};
    Throw(ErrorCode::kShape,
          {op, ": expected ", kRules[IsSize(in) && IsSize(out) ? static_cast<int>(mode) : 0],
           ", got ", before, " before and ", after, " after a size of ", in});
  }
};

struct Image {
  Line y, x;

  Image(const Pad2dShape& s, PadMode mode, const char* op)
      : y(s.in_height, s.pad_top, s.pad_bottom, mode, op),
        x(s.in_width, s.pad_left, s.pad_right, mode, op) {}

  std::int64_t in_plane() const { return y.in * x.in; }
  std::int64_t out_plane() const { return y.out * x.out; }
};

template <class T>
void PadRow(const Line& line, const T* x, T* out, T value) {
  const auto border = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t j = from; j < to; ++j) {
      const std::int64_t at = line.Source(j);
      out[j] = at < 0 ? value : x[at];
    }
  };
  border(0, line.begin);
  if (line.end > line.begin) {
    std::memcpy(out + line.begin, x + line.skip,
                static_cast<std::size_t>(line.end - line.begin) * sizeof(T));
  }
  border(line.end, line.out);
}

// x = what it receives from one padded row: first that of its own places, then the borders'.
template <class T>
void FirstRow(const Line& line, const T* grad, T* x) {
  const std::int64_t count = line.end - line.begin;
  const std::int64_t from = std::min(line.skip, line.in);
  std::fill(x, x + from, T(0));
  if (count > 0) {
    std::memcpy(x + from, grad + line.begin, static_cast<std::size_t>(count) * sizeof(T));
  }
  std::fill(x + from + count, x + line.in, T(0));
}

template <class T>
void AddBorders(const Line& line, const T* grad, T* x) {
  const auto border = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t j = from; j < to; ++j) {
      const std::int64_t at = line.Source(j);
      if (at >= 0) x[at] += grad[j];
    }
  };
  border(0, line.begin);
  border(line.end, line.out);
}

template <class T, class Axpby>
void PlaneGradient(const Image& image, const T* grad, T* x, Axpby axpby) {
  const Line &rows = image.y, &line = image.x;
  for (std::int64_t y = 0; y < rows.in; ++y) {
    T* row = x + y * line.in;
    const std::int64_t i = y + rows.before;
    if (!rows.Inside(i)) {
      std::fill(row, row + line.in, T(0));
      continue;
    }
    FirstRow(line, grad + i * line.out, row);
    AddBorders(line, grad + i * line.out, row);
  }
  for (std::int64_t i = 0; i < rows.out; ++i) {
    const std::int64_t y = rows.Inside(i) ? -1 : rows.Source(i);
    if (y < 0) continue;
    T* row = x + y * line.in;
    const T* from = grad + i * line.out;
    if (line.end > line.begin) {
      axpby(from + line.begin, row + line.skip, line.end - line.begin, T(1), T(1));
    }
    AddBorders(line, from, row);
  }
}

}  // namespace

void Pad2d(const Pad2dArgs& args) {
  constexpr const char* kOp = "pad2d";
  KindIndex(args.mode, kPadModeCount, kOp, "mode");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Image image(args.shape, args.mode, kOp);
    const Line &rows = image.y, &line = image.x;
    const T* x = Elements<T>(args.x, Product(kOp, args.planes, rows.in, line.in), kOp, "x");
    T* out = Elements<T>(args.out, Product(kOp, args.planes, rows.out, line.out), kOp, "out");
    if (args.planes * image.out_plane() == 0) return;
    const T value = static_cast<T>(args.value);
    ParallelRanges(args.planes * rows.out, RowsOfGrain(kMemoryGrain, line.out),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t r = begin; r < end; ++r) {
                       const std::int64_t y = rows.Source(r % rows.out);
                       T* row = out + r * line.out;
                       if (y < 0) {
                         std::fill(row, row + line.out, value);
                       } else {
                         PadRow(line, x + (r / rows.out * rows.in + y) * line.in, row, value);
                       }
                     }
                   });
  });
}

void Pad2dGradient(const Pad2dGradientArgs& args) {
  constexpr const char* kOp = "pad2dGradient";
  KindIndex(args.mode, kPadModeCount, kOp, "mode");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const Image image(args.shape, args.mode, kOp);
    const std::int64_t in = image.in_plane(), padded = image.out_plane();
    const T* grad = Elements<T>(args.grad_out, Product(kOp, args.planes, image.y.out, image.x.out),
                                kOp, "gradOut");
    T* x =
        Elements<T>(args.grad_x, Product(kOp, args.planes, image.y.in, image.x.in), kOp, "gradX");
    if (in == 0 || padded == 0) {
      std::fill_n(x, args.planes * in, T(0));
      return;
    }
    const auto axpby = Kernels().typed<T>().elementwise.axpby;
    ParallelRanges(args.planes, RowsOfGrain(kMemoryGrain, std::max(in, padded)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t plane = begin; plane < end; ++plane) {
                       PlaneGradient(image, grad + plane * padded, x + plane * in, axpby);
                     }
                   });
  });
}

}  // namespace gradlane
