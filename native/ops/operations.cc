#include "ops/operations.h"

#include "ops/activation.h"
#include "ops/all_reduce.h"
#include "ops/attention.h"
#include "ops/augment.h"
#include "ops/batch_norm.h"
#include "ops/cast.h"
#include "ops/channel_sum.h"
#include "ops/conv2d.h"
#include "ops/copy_steps.h"
#include "ops/cross_entropy.h"
#include "ops/ctc.h"
#include "ops/dropout.h"
#include "ops/elementwise.h"
#include "ops/gather.h"
#include "ops/gradient.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"
#include "ops/mask.h"
#include "ops/matmul.h"
#include "ops/memory.h"
#include "ops/nll.h"
#include "ops/pad2d.h"
#include "ops/pointwise_loss.h"
#include "ops/pool2d.h"
#include "ops/random.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/scan.h"
#include "ops/scatter.h"
#include "ops/softmax.h"
#include "ops/sort.h"
#include "ops/strided.h"
#include "ops/update.h"
#include "ops/upsample2d.h"
#include "ops/xnor.h"

namespace gradlane {

namespace {

constexpr Operation kOperations[] = {
    OperationOf<&ActivationForward>("activation"),
    OperationOf<&ActivationGradient>("activationGradient"),
    OperationOf<&Attention>("attention"),
    OperationOf<&AttentionGradient>("attentionGradient"),
    OperationOf<&Matmul>("matmul"),
    OperationOf<&BatchMatmul>("batchMatmul"),
    OperationOf<&ElementwiseUnary>("unary"),
    OperationOf<&ElementwiseBinary>("binary"),
    OperationOf<&Affine>("affine"),
    OperationOf<&Axpby>("axpby"),
    OperationOf<&Softmax>("softmax"),
    OperationOf<&SoftmaxGradient>("softmaxGradient"),
    OperationOf<&ReduceAlong>("reduce"),
    OperationOf<&Argmax>("argmax"),
    OperationOf<&Scan>("scan"),
    OperationOf<&ChannelSum>("channelSum"),
    OperationOf<&Conv2d>("conv2d"),
    OperationOf<&Conv2dInputGradient>("conv2dInputGradient"),
    OperationOf<&Conv2dWeightGradient>("conv2dWeightGradient"),
    OperationOf<&CrossEntropy>("crossEntropy"),
    OperationOf<&CrossEntropyGradient>("crossEntropyGradient"),
    OperationOf<&Ctc>("ctc"),
    OperationOf<&CtcGradient>("ctcGradient"),
    OperationOf<&Scatter>("scatter"),
    OperationOf<&Nll>("nll"),
    OperationOf<&NllGradient>("nllGradient"),
    OperationOf<&Pad2d>("pad2d"),
    OperationOf<&Pad2dGradient>("pad2dGradient"),
    OperationOf<&PointwiseLoss>("pointwiseLoss"),
    OperationOf<&PointwiseLossGradient>("pointwiseLossGradient"),
    OperationOf<&AllReduce>("allReduce"),
    OperationOf<&AllReduceStart>("allReduceStart"),
    OperationOf<&AllReduceWait>("allReduceWait"),
    OperationOf<&Augment>("augment"),
    OperationOf<&AugmentGradient>("augmentGradient"),
    OperationOf<&BatchNorm>("batchNorm"),
    OperationOf<&BatchNormStatistics>("batchNormStatistics"),
    OperationOf<&BatchNormInference>("batchNormInference"),
    OperationOf<&BatchNormSums>("batchNormSums"),
    OperationOf<&BatchNormGradient>("batchNormGradient"),
    OperationOf<&GroupNorm>("groupNorm"),
    OperationOf<&GroupNormSums>("groupNormSums"),
    OperationOf<&GroupNormGradient>("groupNormGradient"),
    OperationOf<&LayerNorm>("layerNorm"),
    OperationOf<&LayerNormGradient>("layerNormGradient"),
    OperationOf<&LayerNormAffineGradient>("layerNormAffineGradient"),
    OperationOf<&Bernoulli>("bernoulli"),
    OperationOf<&BernoulliEach>("bernoulliEach"),
    OperationOf<&Multinomial>("multinomial"),
    OperationOf<&Randint>("randint"),
    OperationOf<&Sort>("sort"),
    OperationOf<&Triangle>("triangle"),
    OperationOf<&Cast>("cast"),
    OperationOf<&ClipGradients>("clipGradients"),
    OperationOf<&Compare>("compare"),
    OperationOf<&Copy>("copy"),
    OperationOf<&CopyStrided>("copyStrided"),
    OperationOf<&Dropout>("dropout"),
    OperationOf<&DropoutGradient>("dropoutGradient"),
    OperationOf<&MaxPool2d>("maxPool2d"),
    OperationOf<&MaxPool2dGradient>("maxPool2dGradient"),
    OperationOf<&AvgPool2d>("avgPool2d"),
    OperationOf<&AvgPool2dGradient>("avgPool2dGradient"),
    OperationOf<&AdaptiveAvgPool2d>("adaptiveAvgPool2d"),
    OperationOf<&AdaptiveAvgPool2dGradient>("adaptiveAvgPool2dGradient"),
    OperationOf<&Fill>("fill"),
    OperationOf<&Gather>("gather"),
    OperationOf<&GradNorm>("gradNorm"),
    OperationOf<&Normal>("normal"),
    OperationOf<&Permutation>("permutation"),
    OperationOf<&Recurrent>("recurrent"),
    OperationOf<&RecurrentGradient>("recurrentGradient"),
    OperationOf<&CopySteps>("copySteps"),
    OperationOf<&Uniform>("uniform"),
    OperationOf<&UpdateStep>("updateStep"),
    OperationOf<&Upsample2d>("upsample2d"),
    OperationOf<&Upsample2dGradient>("upsample2dGradient"),
    OperationOf<&Where>("where"),
    OperationOf<&PackSigns>("packSigns"),
    OperationOf<&XnorMatmul>("xnorMatmul"),
    OperationOf<&XnorConv2d>("xnorConv2d"),
};

}  // namespace

std::span<const Operation> Operations() { return kOperations; }

}  // namespace gradlane
