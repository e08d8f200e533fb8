// Random numbers of Philox 4x32-10. The layout of the state and of the stream is in
// ts/kernels/random.ts; every call advances the state by whole blocks of four words.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "ops/draw_place.h"
#include "ops/fields.h"

namespace gradlane {

struct UniformArgs {
  Dtype dtype;
  Buffer state, y;
  std::int64_t n;
  double low, high;
  DrawPlace place = {};

  GRADLANE_FIELDS(UniformArgs, dtype, state, y, n, low, high, place)
};
void Uniform(const UniformArgs& args);

struct NormalArgs {
  Dtype dtype;
  Buffer state, y;
  std::int64_t n;
  double mean, std;
  DrawPlace place = {};

  GRADLANE_FIELDS(NormalArgs, dtype, state, y, n, mean, std, place)
};
void Normal(const NormalArgs& args);

struct BernoulliArgs {
  Dtype dtype;
  Buffer state, y;
  std::int64_t n;
  double p, value;

  GRADLANE_FIELDS(BernoulliArgs, dtype, state, y, n, p, value)
};
void Bernoulli(const BernoulliArgs& args);

struct PermutationArgs {
  Buffer state, y;
  std::int64_t n;

  GRADLANE_FIELDS(PermutationArgs, state, y, n)
};
void Permutation(const PermutationArgs& args);

struct RandintArgs {
  Buffer state, y;
  std::int64_t n, low, high;
  DrawPlace place = {};

  GRADLANE_FIELDS(RandintArgs, state, y, n, low, high, place)
};
void Randint(const RandintArgs& args);

struct BernoulliEachArgs {
  Dtype dtype;
  Buffer state, x, y;
  std::int64_t n;
  DrawPlace place = {};

  GRADLANE_FIELDS(BernoulliEachArgs, dtype, state, x, y, n, place)
};
void BernoulliEach(const BernoulliEachArgs& args);

struct MultinomialArgs {
  Dtype dtype;
  Buffer state;
  Buffer x;  // (rows, categories)
  Buffer y;  // int32 (rows, samples)
  std::int64_t rows, categories, samples;
  bool replacement;
  std::int64_t before = 0, after = 0;  // rows

  GRADLANE_FIELDS(MultinomialArgs, dtype, state, x, y, rows, categories, samples, replacement,
                  before, after)
};
void Multinomial(const MultinomialArgs& args);

}  // namespace gradlane
