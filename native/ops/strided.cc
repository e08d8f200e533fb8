#include "ops/strided.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "copyStrided";

// Side of the block that is turned at once: 32 KiB in and 32 KiB out for 8-byte elements, which
// fits into the second-level cache; a power of two of the vectors' lanes.
constexpr std::int64_t kBlock = 64;

struct Dim {
  std::int64_t size, x, out;
};

// The dimensions with more than one place, the last of them innermost.
class Walk {
 public:
  explicit Walk(const StridedGeometry& geometry) {
    std::int64_t numbers[3 * kStridedDims];
    static_assert(offsetof(StridedGeometry, x_offset) == sizeof(numbers));
    std::memcpy(numbers, &geometry, sizeof(numbers));
    for (int i = 0; i < kStridedDims; ++i) {
      const Dim dim = {numbers[i], numbers[kStridedDims + i], numbers[2 * kStridedDims + i]};
      count_ = Product(kOp, count_, dim.size);
      if (dim.size != 1) Add(dim);
    }
  }

  Dim& operator[](int i) { return dims_[i]; }
  int rank() const { return rank_; }
  std::int64_t count() const { return count_; }

  void Add(const Dim& dim) { dims_[rank_++] = dim; }
  void Remove(int i) {
    std::copy(dims_ + i + 1, dims_ + rank_, dims_ + i);
    --rank_;
  }

  // A place, and the offsets that it has on both sides.
  struct Place {
    std::int64_t at[kStridedDims];
    std::int64_t x = 0, out = 0;
  };

  // The place of this number, counted over all dimensions.
  Place Find(std::int64_t number) const {
    Place place;
    for (int i = rank_ - 1; i >= 0; --i) {
      place.at[i] = i == 0 ? number : number % dims_[i].size;
      if (i > 0) number /= dims_[i].size;
      place.x += place.at[i] * dims_[i].x;
      place.out += place.at[i] * dims_[i].out;
    }
    return place;
  }

  void Advance(Place& place) const {
    for (int i = rank_ - 1; i >= 0; --i) {
      place.x += dims_[i].x;
      place.out += dims_[i].out;
      if (++place.at[i] < dims_[i].size) return;
      place.x -= place.at[i] * dims_[i].x;
      place.out -= place.at[i] * dims_[i].out;
      place.at[i] = 0;
    }
  }

 private:
  Dim dims_[kStridedDims];
  int rank_ = 0;
  std::int64_t count_ = 1;
};

// Elements of x from its start to behind the last that is read, and the same of out.
void Extents(Walk& walk, const StridedGeometry& geometry, std::int64_t& x, std::int64_t& out) {
  // No offset is so large that the bytes up to it could not be counted.
  std::int64_t first = geometry.x_offset < 0 ? -1 : Product(kOp, geometry.x_offset, 1);
  out = geometry.out_offset < 0 ? -1 : Product(kOp, geometry.out_offset, 1);
  x = first + 1;
  std::int64_t held = 1;
  bool nested = out >= 0;
  for (int i = walk.rank() - 1; i >= 0; --i) {
    const Dim dim = walk[i];
    const std::int64_t reach = Product(kOp, dim.size - 1, dim.x < 0 ? -dim.x : dim.x);
    (dim.x < 0 ? first : x) += dim.x < 0 ? -reach : reach;
    nested = nested && dim.out >= held;
    if (nested) held += Product(kOp, dim.size - 1, dim.out);
  }
  out += held;
  if (!nested || first < 0) {
    Throw(ErrorCode::kShape, {kOp, ": expected ",
                              nested ? "no place of x before its start"
                                     : "strides of out that step over what is inside of them"});
  }
}

TransposeKernels::Kernel TurnOf(std::int64_t item) {
  const TransposeKernels& kernels = Kernels().transpose;
  if (item == 1) return kernels.bytes1;
  return item == 4 ? kernels.bytes4 : kernels.bytes8;
}

// Where the innermost dimension of out is contiguous and another one of x: tiles of the two.
void Turn(Walk walk, int across, const char* x, char* out, std::int64_t item) {
  const Dim rows = walk[walk.rank() - 1], cols = walk[across];
  walk.Remove(walk.rank() - 1);
  walk.Remove(across);
  const auto kernel = TurnOf(item);
  const std::int64_t row_blocks = (rows.size + kBlock - 1) / kBlock;
  const std::int64_t col_blocks = (cols.size + kBlock - 1) / kBlock;
  const std::int64_t blocks = row_blocks * col_blocks;
  const std::int64_t tasks = walk.count() / (rows.size * cols.size) * blocks;
  const std::int64_t block = std::min(rows.size, kBlock) * std::min(cols.size, kBlock);
  ParallelRanges(
      tasks, RowsOfGrain(kBlock * kBlock, block), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t task = begin; task < end; ++task) {
          const std::int64_t r = task % blocks / col_blocks * kBlock,
                             c = task % col_blocks * kBlock;
          const Walk::Place place = walk.Find(task / blocks);
          const std::int64_t from = place.x + r * rows.x + c, to = place.out + r + c * cols.out;
          kernel(x + from * item, out + to * item, std::min(kBlock, rows.size - r),
                 std::min(kBlock, cols.size - c), rows.x, cols.out);
        }
      });
}

// Bits are moved and not computed with, so T stands for every type of its size.
template <class T>
void Line(const T* x, T* out, std::int64_t n, const Dim& dim) {
  if (dim.out == 1 && dim.x == 1) {
    std::memcpy(out, x, static_cast<std::size_t>(n) * sizeof(T));
  } else if (dim.out == 1 && dim.x == 0) {
    std::fill(out, out + n, *x);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * dim.out] = x[i * dim.x];
  }
}

template <class T>
void Lines(Walk walk, const char* x_bytes, char* out_bytes) {
  const T* x = reinterpret_cast<const T*>(x_bytes);
  T* out = reinterpret_cast<T*>(out_bytes);
  const Dim line = walk.rank() > 0 ? walk[walk.rank() - 1] : Dim{1, 1, 1};
  if (walk.rank() > 0) walk.Remove(walk.rank() - 1);
  // Ranges of elements, not of lines: one line may be the whole.
  ParallelRanges(walk.count(), kMemoryGrain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t from = begin % line.size;
    Walk::Place place = walk.Find(begin / line.size);
    for (std::int64_t left = end - begin; left > 0; from = 0) {
      const std::int64_t part = std::min(line.size - from, left);
      Line(x + place.x + from * line.x, out + place.out + from * line.out, part, line);
      left -= part;
      walk.Advance(place);
    }
  });
}

}  // namespace

void CopyStrided(const CopyStridedArgs& args) {
  const StridedGeometry& geometry = args.geometry;
  Walk walk(geometry);
  std::int64_t x_extent = 0, out_extent = 0;
  if (walk.count() > 0) Extents(walk, geometry, x_extent, out_extent);
  const char* x = ElementBytes(args.dtype, args.x, x_extent, kOp, "x");
  char* out = ElementBytes(args.dtype, args.out, out_extent, kOp, "out");
  if (walk.count() == 0) return;
  const std::int64_t item = ItemSize(args.dtype);
  x += geometry.x_offset * item;
  out += geometry.out_offset * item;

  const int last = walk.rank() - 1;
  if (last > 0 && walk[last].out == 1 && walk[last].x != 1 && walk[last].x != 0) {
    for (int i = last - 1; i >= 0; --i) {
      if (walk[i].x == 1) return Turn(walk, i, x, out, item);
    }
  }
  if (item == 1) return Lines<std::uint8_t>(walk, x, out);
  item == 4 ? Lines<std::uint32_t>(walk, x, out) : Lines<std::uint64_t>(walk, x, out);
}

}  // namespace gradlane
