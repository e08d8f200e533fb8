#include "ops/gather.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "ops/grain.h"
#include "ops/indices.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "gather";

// Rows lie anywhere, so no hardware guesses the next one: asked for while this one is copied, rows
// of 3 KB arrive in three quarters of the time.
void Prefetch(const char* row, std::int64_t bytes) {
  constexpr std::int64_t kLine = 64, kMost = 8192;
  for (std::int64_t at = 0; at < std::min(bytes, kMost); at += kLine) __builtin_prefetch(row + at);
}

// A row of one element is moved inline: calling memcpy takes longer than moving it.
void CopyRow(const char* from, char* to, std::int64_t bytes) {
  if (bytes == 4) {
    std::memcpy(to, from, 4);
  } else {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
  }
}

// Calls body(line, o, r) for lines [begin, end) of an (outer, rows) of them.
template <class Body>
void ForEachLine(std::int64_t begin, std::int64_t end, std::int64_t rows, Body&& body) {
  std::int64_t o = begin / rows, r = begin % rows;
  for (std::int64_t line = begin; line < end; ++line) {
    body(line, o, r);
    if (++r == rows) r = 0, ++o;
  }
}

// Bits are moved and not computed with, so T stands for every type of its size.
template <class T>
void GatherEach(const GatherArgs& args, const char* src_bytes, const std::int32_t* index,
                char* out_bytes) {
  const T* src = reinterpret_cast<const T*>(src_bytes);
  T* out = reinterpret_cast<T*>(out_bytes);
  const std::int64_t rows = args.rows, cols = args.cols;
  ParallelRanges(args.outer * rows, RowsOfGrain(kMemoryGrain, cols),
                 [&](std::int64_t begin, std::int64_t end) {
                   ForEachLine(begin, end, rows, [&](std::int64_t line, std::int64_t o, auto) {
                     const T* const from = src + o * args.src_rows * cols;
                     for (std::int64_t c = 0; c < cols; ++c) {
                       out[line * cols + c] = from[index[line * cols + c] * cols + c];
                     }
                   });
                 });
}

}  // namespace

void Gather(const GatherArgs& args) {
  const std::int64_t outer = args.outer, rows = args.rows, cols = args.cols;
  const bool same = args.src_dtype == args.out_dtype;
  const bool plain = same && args.scale == 1 && args.shift == 0;
  if ((!same && args.out_dtype != Dtype::kFloat32 && args.out_dtype != Dtype::kFloat64) ||
      (args.each && !plain)) {
    Throw(ErrorCode::kDtype, {kOp, ": expected out of the source's type ", Name(args.src_dtype),
                              args.each ? ", without scale or shift" : ", float32 or float64",
                              ", got ", Name(args.out_dtype)});
  }
  const std::int64_t stride = args.stride == 0 ? cols : args.stride;
  if (stride < 0 || (args.stride != 0 && (args.each || outer != 1))) {
    Throw(ErrorCode::kValue, {kOp, ": a stride goes with rows of one dimension"});
  }
  const std::int64_t extent =
      args.stride == 0 ? Product(kOp, outer, args.src_rows, cols)
                       : (args.src_rows == 0 ? 0 : Product(kOp, args.src_rows - 1, stride) + cols);
  const char* src = ElementBytes(args.src_dtype, args.src, extent, kOp, "src");
  const std::int64_t n = Product(kOp, outer, rows, cols), indices = args.each ? n : rows;
  const std::int32_t* given = Elements<std::int32_t>(args.index, indices, kOp, "index");
  char* out = ElementBytes(args.out_dtype, args.out, n, kOp, "out");
  FewIndices few;
  const std::int32_t* index =
      CheckedIndices(given, indices, args.src_rows, kOp, few, args.each ? "element" : "row");
  if (n == 0) return;
  const std::int64_t item = ItemSize(args.src_dtype);
  if (args.each) {
    if (item == 1) return GatherEach<std::uint8_t>(args, src, index, out);
    return item == 4 ? GatherEach<std::uint32_t>(args, src, index, out)
                     : GatherEach<std::uint64_t>(args, src, index, out);
  }

  const std::int64_t src_row = stride * item, bytes = cols * item;
  const std::int64_t out_row = cols * ItemSize(args.out_dtype);
  const auto convert =
      Kernels().cast.convert[static_cast<int>(args.src_dtype)][static_cast<int>(args.out_dtype)];
  const std::int64_t grain = std::max<std::int64_t>(1, kMemoryGrain / cols);
  ParallelRanges(outer * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    ForEachLine(begin, end, rows, [&](std::int64_t line, std::int64_t o, std::int64_t r) {
      const char* const base = src + o * args.src_rows * src_row;
      const char* from = base + index[r] * src_row;
      char* to = out + line * out_row;
      if (line + 1 < end && r + 1 < rows) Prefetch(base + index[r + 1] * src_row, bytes);
      if (plain) {
        CopyRow(from, to, bytes);
      } else {
        convert(from, to, cols, args.scale, args.shift);
      }
    });
  });
}

}  // namespace gradlane
