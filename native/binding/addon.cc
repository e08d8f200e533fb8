// The export list of the addon, and the life of an environment.
#include <napi.h>

#include "binding/call.h"
#include "binding/environment.h"
#include "binding/errors.h"
#include "cpu/cpu.h"
#include "cpu/dispatch.h"
#include "ops/activation.h"
#include "ops/adam.h"
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
#include "ops/pointwise_loss.h"
#include "ops/pool2d.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/sgd.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "parallel/thread_pool.h"

namespace gradlane::binding {

namespace {

Napi::Value Info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  Napi::Array rows = Napi::Array::New(env);
  for (const Row row : SupportedRows()) rows.Set(rows.Length(), KernelsOf(row).name);
  result.Set("isa", Kernels().name);
  result.Set("supportedIsas", rows);
  result.Set("cpu", CpuBrand());
  result.Set("cores", LogicalCores());
  result.Set("l1d", static_cast<double>(Caches().l1d));
  result.Set("l2", static_cast<double>(Caches().l2));
  result.Set("l3", static_cast<double>(Caches().l3));
  return result;
}

Napi::Value GetNumThreads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Threads());
}

void SetNumThreads(const Napi::CallbackInfo& info) {
  SetThreads(info[0].As<Napi::Number>().Int32Value());
}

void SetDefaultNumThreads(const Napi::CallbackInfo& info) {
  SetDefaultThreads(info[0].As<Napi::Number>().Int32Value());
}

struct Operation {
  const char* name;
  napi_callback call;
};

// Names are those of the Kernels interface in ts/kernels/kernels.ts.
constexpr Operation kOperations[] = {
    {"activation", &Call<&ActivationForward>},
    {"activationGradient", &Call<&ActivationGradient>},
    {"matmul", &Call<&Matmul>},
    {"unary", &Call<&ElementwiseUnary>},
    {"binary", &Call<&ElementwiseBinary>},
    {"affine", &Call<&Affine>},
    {"axpby", &Call<&Axpby>},
    {"softmax", &Call<&Softmax>},
    {"softmaxGradient", &Call<&SoftmaxGradient>},
    {"reduce", &Call<&ReduceAlong>},
    {"argmax", &Call<&Argmax>},
    {"channelSum", &Call<&ChannelSum>},
    {"conv2d", &Call<&Conv2d>},
    {"conv2dInputGradient", &Call<&Conv2dInputGradient>},
    {"conv2dWeightGradient", &Call<&Conv2dWeightGradient>},
    {"crossEntropy", &Call<&CrossEntropy>},
    {"crossEntropyGradient", &Call<&CrossEntropyGradient>},
    {"embeddingGradient", &Call<&EmbeddingGradient>},
    {"nll", &Call<&Nll>},
    {"nllGradient", &Call<&NllGradient>},
    {"pointwiseLoss", &Call<&PointwiseLoss>},
    {"pointwiseLossGradient", &Call<&PointwiseLossGradient>},
    {"adamStep", &Call<&AdamStep>},
    {"batchNorm", &Call<&BatchNorm>},
    {"batchNormInference", &Call<&BatchNormInference>},
    {"batchNormSums", &Call<&BatchNormSums>},
    {"batchNormGradient", &Call<&BatchNormGradient>},
    {"groupNorm", &Call<&GroupNorm>},
    {"groupNormSums", &Call<&GroupNormSums>},
    {"groupNormGradient", &Call<&GroupNormGradient>},
    {"layerNorm", &Call<&LayerNorm>},
    {"layerNormGradient", &Call<&LayerNormGradient>},
    {"layerNormAffineGradient", &Call<&LayerNormAffineGradient>},
    {"bernoulli", &Call<&Bernoulli>},
    {"cast", &Call<&Cast>},
    {"clipGradients", &Call<&ClipGradients>},
    {"copy", &Call<&Copy>},
    {"dropout", &Call<&Dropout>},
    {"dropoutGradient", &Call<&DropoutGradient>},
    {"maxPool2d", &Call<&MaxPool2d>},
    {"maxPool2dGradient", &Call<&MaxPool2dGradient>},
    {"avgPool2d", &Call<&AvgPool2d>},
    {"avgPool2dGradient", &Call<&AvgPool2dGradient>},
    {"adaptiveAvgPool2d", &Call<&AdaptiveAvgPool2d>},
    {"adaptiveAvgPool2dGradient", &Call<&AdaptiveAvgPool2dGradient>},
    {"fill", &Call<&Fill>},
    {"gatherRows", &Call<&GatherRows>},
    {"gradNorm", &Call<&GradNorm>},
    {"normal", &Call<&Normal>},
    {"permutation", &Call<&Permutation>},
    {"sgdStep", &Call<&SgdStep>},
    {"transpose", &Call<&Transpose>},
    {"uniform", &Call<&Uniform>},
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  try {
    Kernels();  // an unusable GRADLANE_ISA is refused here, before anything runs
  } catch (const Error& error) {
    Napi::Error failure = Napi::Error::New(env, error.what());
    failure.Set("code", CodeName(error.code()));
    throw failure;
  }
  Environment::Create(env);
  RetainPool();
  env.AddCleanupHook([] { ReleasePool(); });

  const auto add = [&](const char* name, napi_callback call) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    exports.Set(name, Napi::Function(env, function));
  };
  for (const Operation& operation : kOperations) add(operation.name, operation.call);
  add("setErrorClasses", &SetErrorClasses);
  exports.Set("info", Napi::Function::New(env, &Info, "info"));
  exports.Set("getNumThreads", Napi::Function::New(env, &GetNumThreads, "getNumThreads"));
  exports.Set("setNumThreads", Napi::Function::New(env, &SetNumThreads, "setNumThreads"));
  exports.Set("setDefaultNumThreads",
              Napi::Function::New(env, &SetDefaultNumThreads, "setDefaultNumThreads"));
  return exports;
}

}  // namespace
}  // namespace gradlane::binding

// The macro pastes the module's name together with the function's, so both are spelled plainly.
static Napi::Object InitGradlane(Napi::Env env, Napi::Object exports) {
  return gradlane::binding::Init(env, exports);
}
NODE_API_MODULE(gradlane, InitGradlane)
