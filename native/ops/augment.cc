#include "ops/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/draw_place.h"
#include "ops/philox_stream.h"

namespace gradlane {
namespace {

// What is drawn for a sample. Element (i, j) of its piece shows (i + y, j + x) of the image, before
// it is mirrored.
struct Drawn {
  std::int32_t y, x, flip, top, left, height, width;
};
constexpr std::int64_t kDrawn = sizeof(Drawn) / sizeof(std::int32_t);
constexpr std::int64_t kBlocks = 2;      // of the generator, for a sample
constexpr std::int64_t kMostWords = 64;  // whole vectors are written

// Elements are moved only: one body for both types.
struct Mover {
  std::int64_t size;  // bytes of an element

  void Fill(char* row, std::int64_t n, double value) const {
    if (size == sizeof(float)) {
      std::fill_n(reinterpret_cast<float*>(row), n, static_cast<float>(value));
    } else {
      std::fill_n(reinterpret_cast<double*>(row), n, value);
    }
  }
  void Copy(const char* from, char* to, std::int64_t n) const {
    std::memcpy(to, from, static_cast<std::size_t>(n * size));
  }
  void Reverse(char* row, std::int64_t n) const {
    if (size == sizeof(float)) {
      std::reverse(reinterpret_cast<float*>(row), reinterpret_cast<float*>(row) + n);
    } else {
      std::reverse(reinterpret_cast<double*>(row), reinterpret_cast<double*>(row) + n);
    }
  }
};

struct Sizes {
  const char* op;
  Mover mover;
  std::int64_t samples, in, out;  // the latter of one sample

  Sizes(const AugmentShape& s, Dtype dtype, const char* name)
      : op(name),
        mover{dtype == Dtype::kFloat32 ? 4 : 8},
        samples(s.samples),
        in(Product(op, s.channels, s.in_height, s.in_width)),
        out(Product(op, s.channels, s.out_height, s.out_width)) {
    if (dtype != Dtype::kFloat32 && dtype != Dtype::kFloat64) ThrowNotFloat(op, dtype);
    Product(op, samples, std::max(in, out));
    Product(op, samples, kDrawn);
  }

  char* Of(const Buffer& buffer, std::int64_t each, const char* operand) const {
    const std::int64_t n = samples * each;
    if (mover.size == sizeof(float)) {
      return reinterpret_cast<char*>(Elements<float>(buffer, n, op, operand));
    }
    return reinterpret_cast<char*>(Elements<double>(buffer, n, op, operand));
  }
  Drawn* DrawnOf(const Buffer& buffer) const {
    return reinterpret_cast<Drawn*>(Elements<std::int32_t>(buffer, samples * kDrawn, op, "drawn"));
  }

  template <class Body>
  void ForSamples(Body&& body) const {
    ParallelRanges(samples, RowsOfGrain(kMemoryGrain, std::max(in, out)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) body(i);
                   });
  }
};

// A whole number of [0, n) for n <= 2^32.
std::int32_t Below(std::uint32_t word, std::int64_t n) {
  return static_cast<std::int32_t>((word * static_cast<std::uint64_t>(n)) >> 32);
}

double Unit(std::uint32_t word) { return static_cast<std::int32_t>(word >> 8) * 0x1p-24; }

std::int32_t Side(double square, std::int64_t most) {
  const double side = std::sqrt(square) + 0.5;
  return static_cast<std::int32_t>(side < static_cast<double>(most) ? side : most);
}

Drawn DrawOne(const AugmentArgs& args, const std::uint32_t* words, std::int64_t rows,
              std::int64_t columns) {
  const AugmentShape& s = args.shape;
  Drawn drawn = {};
  drawn.y = Below(words[0], rows) - static_cast<std::int32_t>(args.pad_height);
  drawn.x = Below(words[1], columns) - static_cast<std::int32_t>(args.pad_width);
  drawn.flip = Unit(words[2]) < args.flip;
  if (Unit(words[3]) < args.erase) {
    const double share = args.area_low + (args.area_high - args.area_low) * Unit(words[4]);
    const double area = share * static_cast<double>(s.out_height * s.out_width);
    // Uniform on a logarithmic scale to 1 / 300, by multiplications alone: no function that
    // another machine rounds otherwise.
    double ratio = 1 + (args.ratio_root - 1) * Unit(words[5]);
    for (int i = 0; i < 8; ++i) ratio *= ratio;
    ratio *= args.ratio_low;
    drawn.height = Side(area * ratio, s.out_height);
    drawn.width = Side(area / ratio, s.out_width);
    drawn.top = Below(words[6], s.out_height - drawn.height + 1);
    drawn.left = Below(words[7], s.out_width - drawn.width + 1);
  }
  return drawn;
}

// Calls body(begin, end) for the runs of a row of the piece that show the image. Whatever was
// drawn, they lie in both.
template <class Body>
void ForRuns(const AugmentShape& s, const Drawn& drawn, std::int64_t row, Body&& body) {
  if (row + drawn.y < 0 || row + drawn.y >= s.in_height) return;
  const auto within = [](std::int64_t at, std::int64_t low, std::int64_t high) {
    return std::min(std::max(at, low), high);
  };
  const std::int64_t begin = within(-std::int64_t{drawn.x}, 0, s.out_width);
  const std::int64_t end = within(s.in_width - drawn.x, begin, s.out_width);
  const bool erased = row >= drawn.top && row - drawn.top < drawn.height;
  const std::int64_t left = erased ? within(drawn.left, begin, end) : end;
  const std::int64_t right = within(drawn.left + std::int64_t{drawn.width}, left, end);
  if (begin < left) body(begin, left);
  if (right < end) body(right, end);
}

void Forward(const AugmentArgs& args, const Drawn& drawn, Mover mover, const char* x, char* out) {
  const AugmentShape& s = args.shape;
  const std::int64_t size = mover.size;
  for (std::int64_t channel = 0; channel < s.channels; ++channel) {
    for (std::int64_t row = 0; row < s.out_height; ++row, out += s.out_width * size) {
      mover.Fill(out, s.out_width, args.fill);
      if (row >= drawn.top && row - drawn.top < drawn.height) {
        mover.Fill(out + drawn.left * size, drawn.width, args.value);
      }
      ForRuns(s, drawn, row, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = (row + drawn.y) * s.in_width + drawn.x + begin;
        mover.Copy(x + at * size, out + begin * size, end - begin);
      });
      if (drawn.flip) mover.Reverse(out, s.out_width);
    }
    x += s.in_height * s.in_width * size;
  }
}

void Backward(const AugmentShape& s, const Drawn& drawn, Mover mover, const char* grad, char* x) {
  const std::int64_t size = mover.size;
  mover.Fill(x, s.channels * s.in_height * s.in_width, 0);
  if (s.out_width == 0) return;
  for (std::int64_t channel = 0; channel < s.channels; ++channel) {
    for (std::int64_t row = 0; row < s.out_height; ++row, grad += s.out_width * size) {
      ForRuns(s, drawn, row, [&](std::int64_t begin, std::int64_t end) {
        char* to = x + ((row + drawn.y) * s.in_width + drawn.x + begin) * size;
        const std::int64_t n = end - begin;
        mover.Copy(grad + (drawn.flip ? s.out_width - end : begin) * size, to, n);
        if (drawn.flip) mover.Reverse(to, n);
      });
    }
    x += s.in_height * s.in_width * size;
  }
}

// How many places a piece can be cut at along one side.
std::int64_t Places(const char* op, std::int64_t in, std::int64_t pad, std::int64_t out) {
  constexpr std::int64_t kMost = 1 << 29;  // so that places are numbers of 32 bits
  const bool fits = in <= kMost && out <= kMost && pad >= 0 && pad <= kMost;
  if (!fits || in + 2 * pad < out) ThrowSizes(op, in, pad, out);
  return in + 2 * pad - out + 1;
}

}  // namespace

void Augment(const AugmentArgs& args) {
  constexpr const char* kOp = "augment";
  const AugmentShape& s = args.shape;
  const Sizes sizes(s, args.dtype, kOp);
  const std::int64_t rows = Places(kOp, s.in_height, args.pad_height, s.out_height);
  const std::int64_t columns = Places(kOp, s.in_width, args.pad_width, s.out_width);
  CheckPassed(kOp, args.before, args.after, kBlocks);
  PhiloxStream stream(args.state, kOp);
  const char* x = sizes.Of(args.x, sizes.in, "x");
  Drawn* drawn = sizes.DrawnOf(args.drawn);
  char* out = sizes.Of(args.out, sizes.out, "out");
  const auto draw = Kernels().philox.words;
  const PhiloxState start = stream.Read();
  sizes.ForSamples([&](std::int64_t i) {
    alignas(64) std::uint32_t words[kMostWords];
    const std::int64_t block = kBlocks * (args.before + i);
    draw({start.seed, start.block + static_cast<std::uint64_t>(block)}, words, kBlocks);
    const Drawn one = DrawOne(args, words, rows, columns);
    drawn[i] = one;
    const std::int64_t size = sizes.mover.size;
    if (sizes.out > 0) {
      Forward(args, one, sizes.mover, x + i * sizes.in * size, out + i * sizes.out * size);
    }
  });
  stream.Advance(kBlocks * (args.before + s.samples + args.after));
}

void AugmentGradient(const AugmentGradientArgs& args) {
  constexpr const char* kOp = "augmentGradient";
  const AugmentShape& s = args.shape;
  const Sizes sizes(s, args.dtype, kOp);
  const Drawn* drawn = sizes.DrawnOf(args.drawn);
  const char* grad = sizes.Of(args.grad_out, sizes.out, "gradOut");
  char* x = sizes.Of(args.grad_x, sizes.in, "gradX");
  if (sizes.in == 0) return;
  sizes.ForSamples([&](std::int64_t i) {
    const Drawn one = drawn[i];  // whatever happens to that memory meanwhile
    const std::int64_t size = sizes.mover.size;
    Backward(s, one, sizes.mover, grad + i * sizes.out * size, x + i * sizes.in * size);
  });
}

}  // namespace gradlane
