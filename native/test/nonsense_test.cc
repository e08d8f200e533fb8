// Every operation with sizes, kinds and buffers that make no sense, as they come from whoever calls
// the addon past TypeScript: it computes or throws a coded error, and does no more work than its
// buffers have elements. AddressSanitizer and UndefinedBehaviorSanitizer look on; a loop over a
// size that holds no element shows as a test that does not end.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <type_traits>
#include <vector>

#include "ops/activation.h"
#include "ops/adam.h"
#include "ops/args_of.h"
#include "ops/augment.h"
#include "ops/batch_norm.h"
#include "ops/cast.h"
#include "ops/channel_sum.h"
#include "ops/conv2d.h"
#include "ops/cross_entropy.h"
#include "ops/dropout.h"
#include "ops/elementwise.h"
#include "ops/embedding.h"
#include "ops/gather.h"
#include "ops/gradient.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"
#include "ops/matmul.h"
#include "ops/memory.h"
#include "ops/nll.h"
#include "ops/pad2d.h"
#include "ops/pointwise_loss.h"
#include "ops/pool2d.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/sgd.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/update.h"
#include "ops/upsample2d.h"
#include "ops/xnor.h"

namespace gradlane {
namespace {

constexpr std::int64_t kNasty[] = {-(std::int64_t{1} << 53),
                                   -(std::int64_t{1} << 31),
                                   -2,
                                   -1,
                                   0,
                                   4,
                                   100,
                                   (std::int64_t{1} << 31) - 2,
                                   (std::int64_t{1} << 31) - 1,
                                   std::int64_t{1} << 31,
                                   std::int64_t{1} << 32,
                                   std::int64_t{1} << 53};
constexpr double kNastyReals[] = {-1, 0.5, 1e300, std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};

// Fills argument structs: small numbers, so that some get past the first check, and nonsense in
// none, an eighth or a quarter of the fields of a call.
class Filler {
 public:
  void Begin() {
    memory_.clear();
    nonsense_ = Below(3);
  }

  void Fill(std::int64_t& field) {
    field = Nonsense() ? Of(kNasty) : static_cast<std::int64_t>(Below(4));
  }
  void Fill(std::int32_t& field) { field = static_cast<std::int32_t>(Below(4)); }
  void Fill(double& field) { field = Nonsense() ? Of(kNastyReals) : static_cast<double>(Below(2)); }
  void Fill(bool& field) { field = Below(2) == 1; }
  void Fill(Buffer& field) {
    if (Below(8) == 0) {
      field = Below(2) == 0 ? Buffer{} : Buffer{nullptr, 0};
      return;
    }
    // As long as it says, so that a step outside is seen. All zeros: places and labels are good.
    const std::size_t bytes = Below(4) == 0 ? 8 * Below(5) : 4096;
    memory_.push_back(std::make_unique<double[]>(bytes / 8));
    field = {memory_.back().get(), static_cast<std::int64_t>(bytes)};
  }
  void Fill(std::vector<ParameterSlot>& field) {
    for (std::uint32_t i = Below(3); i > 0; --i) {
      ParameterSlot slot{};
      Fill(slot.parameter);
      Fill(slot.gradient);
      Fill(slot.n);
      Fill(slot.index);
      Fill(slot.state_offset);
      field.push_back(slot);
    }
  }
  template <class Enum, class = std::enable_if_t<std::is_enum_v<Enum>>>
  void Fill(Enum& field) {
    field = static_cast<Enum>(Nonsense() ? static_cast<std::int32_t>(Below(40)) - 1
                                         : static_cast<std::int32_t>(Below(2)));
  }

 private:
  std::uint32_t Below(std::uint32_t n) { return random_() % n; }
  bool Nonsense() { return Below(8) < nonsense_; }
  template <class T, std::size_t kCount>
  T Of(const T (&values)[kCount]) {
    return values[Below(kCount)];
  }

  std::mt19937 random_{7};
  std::uint32_t nonsense_ = 0;  // of 8 fields
  std::vector<std::unique_ptr<double[]>> memory_;
};

template <auto Op>
void Try() {
  Filler filler;
  int computed = 0;
  for (int i = 0; i < 2000; ++i) {
    filler.Begin();
    ArgsOf<Op> args{};
    args.Fields([&](auto&... field) { (filler.Fill(field), ...); });
    try {
      Op(args);
      ++computed;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(computed, 0) << "no call got past the checks";
}

#define GRADLANE_TRY(Op) \
  TEST(NonsenseTest, Op) { Try<&gradlane::Op>(); }

GRADLANE_TRY(ActivationForward)
GRADLANE_TRY(ActivationGradient)
GRADLANE_TRY(Matmul)
GRADLANE_TRY(ElementwiseUnary)
GRADLANE_TRY(ElementwiseBinary)
GRADLANE_TRY(Affine)
GRADLANE_TRY(Axpby)
GRADLANE_TRY(Softmax)
GRADLANE_TRY(SoftmaxGradient)
GRADLANE_TRY(ReduceAlong)
GRADLANE_TRY(Argmax)
GRADLANE_TRY(ChannelSum)
GRADLANE_TRY(Conv2d)
GRADLANE_TRY(Conv2dInputGradient)
GRADLANE_TRY(Conv2dWeightGradient)
GRADLANE_TRY(CrossEntropy)
GRADLANE_TRY(CrossEntropyGradient)
GRADLANE_TRY(EmbeddingGradient)
GRADLANE_TRY(Nll)
GRADLANE_TRY(NllGradient)
GRADLANE_TRY(Pad2d)
GRADLANE_TRY(Pad2dGradient)
GRADLANE_TRY(PointwiseLoss)
GRADLANE_TRY(PointwiseLossGradient)
GRADLANE_TRY(AdamStep)
GRADLANE_TRY(Augment)
GRADLANE_TRY(AugmentGradient)
GRADLANE_TRY(BatchNorm)
GRADLANE_TRY(BatchNormInference)
GRADLANE_TRY(BatchNormSums)
GRADLANE_TRY(BatchNormGradient)
GRADLANE_TRY(GroupNorm)
GRADLANE_TRY(GroupNormSums)
GRADLANE_TRY(GroupNormGradient)
GRADLANE_TRY(LayerNorm)
GRADLANE_TRY(LayerNormGradient)
GRADLANE_TRY(LayerNormAffineGradient)
GRADLANE_TRY(Bernoulli)
GRADLANE_TRY(Cast)
GRADLANE_TRY(ClipGradients)
GRADLANE_TRY(Copy)
GRADLANE_TRY(CopyBlocks)
GRADLANE_TRY(Dropout)
GRADLANE_TRY(DropoutGradient)
GRADLANE_TRY(MaxPool2d)
GRADLANE_TRY(MaxPool2dGradient)
GRADLANE_TRY(AvgPool2d)
GRADLANE_TRY(AvgPool2dGradient)
GRADLANE_TRY(AdaptiveAvgPool2d)
GRADLANE_TRY(AdaptiveAvgPool2dGradient)
GRADLANE_TRY(Fill)
GRADLANE_TRY(GatherRows)
GRADLANE_TRY(GradNorm)
GRADLANE_TRY(Normal)
GRADLANE_TRY(Permutation)
GRADLANE_TRY(SgdStep)
GRADLANE_TRY(Transpose)
GRADLANE_TRY(Uniform)
GRADLANE_TRY(UpdateStep)
GRADLANE_TRY(Upsample2d)
GRADLANE_TRY(Upsample2dGradient)
GRADLANE_TRY(PackSigns)
GRADLANE_TRY(XnorMatmul)
GRADLANE_TRY(XnorConv2d)

}  // namespace
}  // namespace gradlane
