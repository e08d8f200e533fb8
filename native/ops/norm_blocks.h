// A tensor (batch, channels, spatial) cut into blocks of one channel (or, where spatial is 1, of a
// few rows of all channels), for sums over batch and spatial. The blocks, the parts that they form
// and the order of all additions follow from the shape alone.
#pragma once

#include <algorithm>
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

struct GradientSums {
  double g = 0, gx = 0;

  void Add(const GradientSums& other) {
    g += other.g;
    gx += other.gx;
  }
  void Add(const BlockSums& block, std::int64_t) { Add(GradientSums{block.g, block.gx}); }
};

struct ChannelShape {
  std::int64_t batch, channels, spatial;

  std::int64_t size() const { return batch * channels * spatial; }
  std::int64_t stride() const { return channels * spatial; }
};

// The blocks of one channel, spatial > 1: equal pieces of long runs, or the short runs of a few
// samples. A part, some blocks of a channel, is a task of about kMemoryGrain elements.
class ChannelBlocks {
 public:
  static constexpr std::int64_t kPartBlocks = kMemoryGrain / kNormBlock;

  explicit ChannelBlocks(const ChannelShape& shape)
      : shape_(shape),
        pieces_((shape.spatial + kNormBlock - 1) / kNormBlock),
        length_((shape.spatial + pieces_ - 1) / pieces_),
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
  std::int64_t pieces_, length_, samples_, blocks_;
};

// Columns of a task: 4 KiB and more of each row, to read along and not across memory.
inline constexpr std::int64_t kNormTaskColumns = 1024;

// finish(c, sum) for every channel, with the Value of its elements. runs(c, offset, runs, length)
// gives that of one block; columns(row, rows, c, cols, out) writes those of `cols` columns (spatial
// 1). Nothing is called when there are no elements.
template <class Value, class Block, class Runs, class Columns, class Finish>
void SumChannels(const ChannelShape& s, Runs&& runs, Columns&& columns, Finish&& finish) {
  if (s.size() == 0) return;
  const bool down = s.spatial == 1;
  const std::int64_t parts =
      down ? (s.batch + kNormBlockRows - 1) / kNormBlockRows : ChannelBlocks(s).parts();
  const std::int64_t channels = s.channels;
  void* scratch =
      ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(parts * channels) *
                                                 std::max(sizeof(Value), sizeof(Block)));
  if (down) {
    Block* blocks = static_cast<Block*>(scratch);
    const std::int64_t strips = (channels + kNormTaskColumns - 1) / kNormTaskColumns;
    const auto rows_of = [&](std::int64_t part) {
      return std::min(kNormBlockRows, s.batch - part * kNormBlockRows);
    };
    const std::int64_t grain =
        RowsOfGrain(kMemoryGrain, std::min(s.batch, kNormBlockRows) * channels / strips);
    ParallelRanges(parts * strips, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t part = task / strips, c = task % strips * kNormTaskColumns;
        columns(part * kNormBlockRows, rows_of(part), c, std::min(kNormTaskColumns, channels - c),
                blocks + part * channels + c);
      }
    });
    for (std::int64_t c = 0; c < channels; ++c) {
      Value value;
      for (std::int64_t part = 0; part < parts; ++part) {
        value.Add(blocks[part * channels + c], rows_of(part));
      }
      finish(c, value);
    }
    return;
  }
  Value* values = static_cast<Value*>(scratch);
  const ChannelBlocks blocks(s);
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
