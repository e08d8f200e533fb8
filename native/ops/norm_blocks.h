// A tensor (batch, channels, spatial) cut into blocks of one channel (or, where spatial is 1, of a
// few rows of all channels), for sums over batch and spatial. The blocks, the parts that they form
// and the order of all additions follow from the shape alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cpu/tables/norm.h"
#include "ops/grain.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {

// BlockMoments of all blocks so far, joined in double (Chan, Golub and LeVeque 1979).
struct Moments {
  double n = 0, origin = 0, mean = 0, squares = 0;

  double Mean() const { return origin + mean; }
  double InverseStd(double eps) const { return 1 / std::sqrt(squares / n + eps); }
  void Add(const Moments& other) {
    if (n == 0) {
      *this = other;
      return;
    }
    const double total = n + other.n;
    const double delta = (other.origin - origin) + (other.mean - mean);
    mean += delta * (other.n / total);
    squares += other.squares + delta * delta * (n * other.n / total);
    n = total;
  }
  void Add(const BlockMoments& block, std::int64_t count) {
    Add(Moments{static_cast<double>(count), block.origin, block.mean, block.squares});
  }
};

// Those of `count` parts of a whole, `stride` apart, in their order; what has no values is no part.
inline Moments JoinMoments(const Moments* parts, std::int64_t count, std::int64_t stride) {
  Moments joined;
  for (std::int64_t i = 0; i < count; ++i) {
    if (parts[i * stride].n > 0) joined.Add(parts[i * stride]);
  }
  return joined;
}

struct GradientSums {
  double g = 0, gx = 0;

  void Add(const GradientSums& other) {
    g += other.g;
    gx += other.gx;
  }
  void Add(const BlockSums& block, std::int64_t) { Add(GradientSums{block.g, block.gx}); }
};

// Sums of a block that leave the range of T, in plain loops over doubles; weight may be null.
template <class T>
[[gnu::noinline, gnu::cold]] BlockSums WideSums(const T* x, const T* g, const T* weight,
                                                std::int64_t runs, std::int64_t length,
                                                std::int64_t stride, T mean) {
  BlockSums sums{0, 0};
  for (std::int64_t r = 0; r < runs; ++r) {
    for (std::int64_t i = 0; i < length; ++i) {
      const double d = static_cast<double>(g[r * stride + i]) * (weight == nullptr ? 1 : weight[i]);
      sums.g += d;
      sums.gx += d * (static_cast<double>(x[r * stride + i]) - mean);
    }
  }
  return sums;
}

inline bool InRange(const BlockSums& sums) { return std::isfinite(sums.g + sums.gx); }

// gradient_sums, of a block that may leave the range of T.
template <class T>
BlockSums SafeSums(const NormKernels<T>& kernels, const T* x, const T* g, std::int64_t runs,
                   std::int64_t length, std::int64_t stride, T mean) {
  const BlockSums sums = kernels.gradient_sums(x, g, runs, length, stride, mean);
  if (InRange(sums)) return sums;
  return WideSums<T>(x, g, nullptr, runs, length, stride, mean);
}

struct ChannelShape {
  std::int64_t batch, channels, spatial;

  std::int64_t size() const { return batch * channels * spatial; }
  std::int64_t stride() const { return channels * spatial; }
};

// The length of the equal pieces, none longer than a block, of a run of n > 0.
inline std::int64_t PieceLength(std::int64_t n) {
  const std::int64_t pieces = (n + kNormBlock - 1) / kNormBlock;
  return (n + pieces - 1) / pieces;
}

// The blocks of one channel, spatial > 1: equal pieces of long runs, or the short runs of a few
// samples. A part, some blocks of a channel, is a task of about kMemoryGrain elements.
class ChannelBlocks {
 public:
  static constexpr std::int64_t kPartBlocks = kMemoryGrain / kNormBlock;

  explicit ChannelBlocks(const ChannelShape& shape)
      : shape_(shape),
        length_(PieceLength(shape.spatial)),
        pieces_((shape.spatial + length_ - 1) / length_),
        samples_(pieces_ > 1 ? 1 : kNormBlock / shape.spatial),
        blocks_((shape.batch + samples_ - 1) / samples_ * pieces_) {}

  std::int64_t parts() const { return (blocks_ + kPartBlocks - 1) / kPartBlocks; }

  // Calls block(offset, runs, length) for the blocks of a part of channel 0.
  template <class Body>
  void ForPart(std::int64_t part, Body&& block) const {
    const std::int64_t end = std::min(blocks_, (part + 1) * kPartBlocks);
    for (std::int64_t i = part * kPartBlocks; i < end; ++i) {
      const std::int64_t sample = i / pieces_ * samples_, at = i % pieces_ * length_;
      block(sample * shape_.stride() + at, std::min(samples_, shape_.batch - sample),
            std::min(length_, shape_.spatial - at));
    }
  }

 private:
  ChannelShape shape_;
  std::int64_t length_, pieces_, samples_, blocks_;
};

// Columns of a task: 4 KiB and more of each row, to read along and not across memory.
inline constexpr std::int64_t kNormTaskColumns = 1024;

// finish(c, sum) for every column of (rows, cols), with the Value of its elements; columns(row,
// rows, c, cols, out) writes the Blocks of `cols` columns.
template <class Value, class Block, class Columns, class Finish>
void SumColumns(std::int64_t rows, std::int64_t cols, Columns&& columns, Finish&& finish) {
  const std::int64_t parts = (rows + kNormBlockRows - 1) / kNormBlockRows;
  const std::int64_t strips = (cols + kNormTaskColumns - 1) / kNormTaskColumns;
  if (parts * strips == 0) return;
  Block* blocks = static_cast<Block*>(ThreadScratch(
      ScratchSlot::kTemporary, static_cast<std::size_t>(parts * cols) * sizeof(Block)));
  const auto rows_of = [&](std::int64_t part) {
    return std::min(kNormBlockRows, rows - part * kNormBlockRows);
  };
  const std::int64_t elements = std::min(rows, kNormBlockRows) * (cols / strips);
  ParallelRanges(parts * strips, RowsOfGrain(kMemoryGrain, elements),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t task = begin; task < end; ++task) {
                     const std::int64_t part = task / strips;
                     const std::int64_t c = task % strips * kNormTaskColumns;
                     columns(part * kNormBlockRows, rows_of(part), c,
                             std::min(kNormTaskColumns, cols - c), blocks + part * cols + c);
                   }
                 });
  for (std::int64_t c = 0; c < cols; ++c) {
    Value value;
    for (std::int64_t part = 0; part < parts; ++part) {
      value.Add(blocks[part * cols + c], rows_of(part));
    }
    finish(c, value);
  }
}

// finish(c, sum) for every channel, with the Value of its elements. runs(c, offset, runs, length)
// gives the Block of one block; columns is that of SumColumns, for a spatial size of 1. Nothing is
// called when there are no elements.
template <class Value, class Block, class Runs, class Columns, class Finish>
void SumChannels(const ChannelShape& s, Runs&& runs, Columns&& columns, Finish&& finish) {
  if (s.size() == 0) return;
  if (s.spatial == 1) {
    SumColumns<Value, Block>(s.batch, s.channels, columns, finish);
    return;
  }
  const ChannelBlocks blocks(s);
  const std::int64_t parts = blocks.parts(), channels = s.channels;
  Value* values = static_cast<Value*>(ThreadScratch(
      ScratchSlot::kTemporary, static_cast<std::size_t>(parts * channels) * sizeof(Value)));
  const std::int64_t elements = std::min(s.batch * s.spatial, kMemoryGrain);
  ParallelRanges(parts * channels, RowsOfGrain(kMemoryGrain, elements),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t task = begin; task < end; ++task) {
                     const std::int64_t c = task % channels;
                     Value value;
                     blocks.ForPart(task / channels, [&](std::int64_t at, std::int64_t count,
                                                         std::int64_t length) {
                       value.Add(runs(c, c * s.spatial + at, count, length), count * length);
                     });
                     values[task] = value;
                   }
                 });
  for (std::int64_t c = 0; c < channels; ++c) {
    Value value;
    for (std::int64_t part = 0; part < parts; ++part) value.Add(values[part * channels + c]);
    finish(c, value);
  }
}

// Calls piece(offset, length) for the equal pieces of a contiguous run, none longer than a block.
template <class Body>
void ForPieces(std::int64_t n, Body&& piece) {
  if (n == 0) return;
  const std::int64_t length = PieceLength(n);
  for (std::int64_t at = 0; at < n; at += length) piece(at, std::min(length, n - at));
}

// Of a contiguous run of n > 0 elements.
template <class T>
Moments RunMoments(const NormKernels<T>& kernels, const T* x, std::int64_t n) {
  Moments moments;
  ForPieces(n, [&](std::int64_t at, std::int64_t length) {
    moments.Add(kernels.moments(x + at, 1, length, length), length);
  });
  return moments;
}

// Calls runs(offset, count, c) for runs of `spatial` elements that begin at `offset`, in channel c
// and the ones after it, or rows(offset, count) for whole rows where spatial is 1.
template <class Runs, class Rows>
void ForEachRun(const ChannelShape& s, Runs&& runs, Rows&& rows) {
  if (s.size() == 0) return;
  if (s.spatial == 1) {
    ParallelRanges(
        s.batch, RowsOfGrain(kMemoryGrain, s.channels),
        [&](std::int64_t begin, std::int64_t end) { rows(begin * s.channels, end - begin); });
    return;
  }
  ParallelRanges(s.batch * s.channels, RowsOfGrain(kMemoryGrain, s.spatial),
                 [&](std::int64_t begin, std::int64_t end) {
                   while (begin < end) {
                     const std::int64_t c = begin % s.channels;
                     const std::int64_t count = std::min(end - begin, s.channels - c);
                     runs(begin * s.spatial, count, c);
                     begin += count;
                   }
                 });
}

}  // namespace gradlane
