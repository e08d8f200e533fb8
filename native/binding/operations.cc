#include "binding/operations.h"

#include "ops/activation.h"
#include "ops/adam.h"
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

namespace gradlane::binding {

namespace {

template <auto Op>
constexpr Operation Make(const char* name) {
  return {name, &Call<Op>, &Record<Op>};
}

constexpr Operation kOperations[] = {
    Make<&ActivationForward>("activation"),
    Make<&ActivationGradient>("activationGradient"),
    Make<&Matmul>("matmul"),
    Make<&ElementwiseUnary>("unary"),
    Make<&ElementwiseBinary>("binary"),
    Make<&Affine>("affine"),
    Make<&Axpby>("axpby"),
    Make<&Softmax>("softmax"),
    Make<&SoftmaxGradient>("softmaxGradient"),
    Make<&ReduceAlong>("reduce"),
    Make<&Argmax>("argmax"),
    Make<&ChannelSum>("channelSum"),
    Make<&Conv2d>("conv2d"),
    Make<&Conv2dInputGradient>("conv2dInputGradient"),
    Make<&Conv2dWeightGradient>("conv2dWeightGradient"),
    Make<&CrossEntropy>("crossEntropy"),
    Make<&CrossEntropyGradient>("crossEntropyGradient"),
    Make<&EmbeddingGradient>("embeddingGradient"),
    Make<&Nll>("nll"),
    Make<&NllGradient>("nllGradient"),
    Make<&Pad2d>("pad2d"),
    Make<&Pad2dGradient>("pad2dGradient"),
    Make<&PointwiseLoss>("pointwiseLoss"),
    Make<&PointwiseLossGradient>("pointwiseLossGradient"),
    Make<&AdamStep>("adamStep"),
    Make<&Augment>("augment"),
    Make<&AugmentGradient>("augmentGradient"),
    Make<&BatchNorm>("batchNorm"),
    Make<&BatchNormInference>("batchNormInference"),
    Make<&BatchNormSums>("batchNormSums"),
    Make<&BatchNormGradient>("batchNormGradient"),
    Make<&GroupNorm>("groupNorm"),
    Make<&GroupNormSums>("groupNormSums"),
    Make<&GroupNormGradient>("groupNormGradient"),
    Make<&LayerNorm>("layerNorm"),
    Make<&LayerNormGradient>("layerNormGradient"),
    Make<&LayerNormAffineGradient>("layerNormAffineGradient"),
    Make<&Bernoulli>("bernoulli"),
    Make<&Cast>("cast"),
    Make<&ClipGradients>("clipGradients"),
    Make<&Copy>("copy"),
    Make<&CopyBlocks>("copyBlocks"),
    Make<&Dropout>("dropout"),
    Make<&DropoutGradient>("dropoutGradient"),
    Make<&MaxPool2d>("maxPool2d"),
    Make<&MaxPool2dGradient>("maxPool2dGradient"),
    Make<&AvgPool2d>("avgPool2d"),
    Make<&AvgPool2dGradient>("avgPool2dGradient"),
    Make<&AdaptiveAvgPool2d>("adaptiveAvgPool2d"),
    Make<&AdaptiveAvgPool2dGradient>("adaptiveAvgPool2dGradient"),
    Make<&Fill>("fill"),
    Make<&GatherRows>("gatherRows"),
    Make<&GradNorm>("gradNorm"),
    Make<&Normal>("normal"),
    Make<&Permutation>("permutation"),
    Make<&SgdStep>("sgdStep"),
    Make<&Transpose>("transpose"),
    Make<&Uniform>("uniform"),
    Make<&UpdateStep>("updateStep"),
    Make<&Upsample2d>("upsample2d"),
    Make<&Upsample2dGradient>("upsample2dGradient"),
    Make<&PackSigns>("packSigns"),
    Make<&XnorMatmul>("xnorMatmul"),
    Make<&XnorConv2d>("xnorConv2d"),
};

}  // namespace

std::span<const Operation> Operations() { return kOperations; }

}  // namespace gradlane::binding
