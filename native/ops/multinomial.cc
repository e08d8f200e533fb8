// Categories drawn by their weights, on a binary tree of sums: a draw goes down to the child that a
// random share of the node's sum falls on, and without replacement the way up is summed anew, so a
// category that is gone has no weight left, whatever was rounded.
#include <bit>
#include <limits>

#include "cpu/dispatch.h"
#include "ops/philox_stream.h"
#include "ops/random.h"
#include "parallel/scratch.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "multinomial";

template <class T>
void CheckWeights(const T* x, const MultinomialArgs& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    double sum = 0;
    std::int64_t some = 0;
    for (std::int64_t c = 0; c < args.categories; ++c) {
      const double weight = static_cast<double>(x[r * args.categories + c]);
      if (!(weight >= 0)) {
        Throw(ErrorCode::kValue,
              {kOp, ": the weight of category ", c, " in row ", r, " is negative or no number"});
      }
      sum += weight;
      some += weight > 0 ? 1 : 0;
    }
    if (!(sum > 0 && sum <= std::numeric_limits<double>::max())) {
      Throw(ErrorCode::kValue,
            {kOp, ": the weights of row ", r, " have a sum that is 0 or not finite"});
    }
    if (!args.replacement && some < args.samples) {
      Throw(ErrorCode::kValue, {kOp, ": row ", r, " has ", some, " categories with a weight, ",
                                args.samples, " are drawn without replacement"});
    }
  }
}

// Node i has the children 2i and 2i + 1; the leaves begin at `leaves`.
std::int64_t Descend(const double* sums, std::int64_t leaves, double share) {
  double target = share * sums[1];
  std::int64_t node = 1;
  while (node < leaves) {
    const double left = sums[2 * node], right = sums[2 * node + 1];
    const bool goes_left = target < left || !(right > 0);
    if (!goes_left) target -= left;
    node = 2 * node + (goes_left ? 0 : 1);
  }
  return node - leaves;
}

}  // namespace

void Multinomial(const MultinomialArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t categories = args.categories, samples = args.samples;
    const T* x = Elements<T>(args.x, Product(kOp, args.rows, categories), kOp, "x");
    const std::int64_t n = Product(kOp, args.rows, samples);
    CheckPassed(kOp, args.before, args.after, static_cast<double>(samples));
    std::int32_t* y = Elements<std::int32_t>(args.y, n, kOp, "y");
    PhiloxStream stream(args.state, kOp);
    if (n == 0) return;
    CheckWeights(x, args);
    const PhiloxState start = stream.Read();
    const auto words_of = Kernels().philox.words;
    const auto leaves = static_cast<std::int64_t>(
        std::bit_ceil(static_cast<std::uint64_t>(categories > 0 ? categories : 1)));
    const auto draw_row = [&](std::int64_t r) {
      double* sums = static_cast<double*>(ThreadScratch(
          ScratchSlot::kTemporary, static_cast<std::size_t>(2 * leaves) * sizeof(double)));
      for (std::int64_t c = 0; c < leaves; ++c) {
        sums[leaves + c] = c < categories ? static_cast<double>(x[r * categories + c]) : 0;
      }
      for (std::int64_t i = leaves - 1; i > 0; --i) sums[i] = sums[2 * i] + sums[2 * i + 1];
      std::uint32_t words[64];  // of 9 blocks, in whole vectors
      std::int64_t first = 0;   // the block that they begin with
      for (std::int64_t s = 0; s < samples; ++s) {
        const std::int64_t e = (args.before + r) * samples + s;  // of the stream
        if (s % 16 == 0) {
          first = e / 2;
          words_of({start.seed, start.block + static_cast<std::uint64_t>(first)}, words, 9);
        }
        const std::uint32_t* const own = words + 2 * (e - 2 * first);
        const std::int64_t found = Descend(sums, leaves, UnitOf(own[0], own[1]));
        y[r * samples + s] = static_cast<std::int32_t>(found);
        if (args.replacement) continue;
        std::int64_t node = leaves + found;
        sums[node] = 0;
        for (node /= 2; node > 0; node /= 2) sums[node] = sums[2 * node] + sums[2 * node + 1];
      }
    };
    ParallelRanges(args.rows, RowsOfGrain(kMathGrain, categories + samples * 16),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t r = begin; r < end; ++r) draw_row(r);
                   });
    stream.Advance(((args.before + args.after) * samples + n + 1) / 2);
  });
}

}  // namespace gradlane
