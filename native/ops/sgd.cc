#include "ops/sgd.h"

#include "cpu/dispatch.h"

namespace gradlane {
namespace {

// Places in `hyper`; SgdHyper in ts/kernels/kernels.ts.
enum Hyper { kLr, kMomentum, kDampening, kWeightDecay, kNesterov, kMaximize, kHyperCount };

}  // namespace

void SgdStep(const SgdStepArgs& args) {
  constexpr const char* kOp = "sgdStep";
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const double* hyper = Elements<double>(args.hyper, kHyperCount, kOp, "hyper");
    const bool momentum = hyper[kMomentum] != 0;
    CheckSlots<T>(args.slots, kOp);
    double* steps = PerParameter(args.steps, args.slots, kOp, "steps");
    T* state = Elements<T>(args.state, momentum ? StateExtent(args.slots) : 0, kOp, "state");

    SgdScalars<T> later;
    later.lr = static_cast<T>(hyper[kLr]);
    later.momentum = static_cast<T>(hyper[kMomentum]);
    later.one_minus_dampening = static_cast<T>(1 - hyper[kDampening]);
    later.weight_decay = static_cast<T>(hyper[kWeightDecay]);
    later.sign = hyper[kMaximize] != 0 ? T(-1) : T(1);
    later.nesterov = hyper[kNesterov] != 0;
    later.first = false;
    SgdScalars<T> first = later;
    first.first = true;

    for (const ParameterSlot& slot : args.slots) steps[slot.index] += 1;
    const auto kernel = Kernels().typed<T>().optimizer.sgd;
    ForEachPiece(args.slots,
                 [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t end) {
                   const ParameterSlot& slot = args.slots[i];
                   T* p = static_cast<T*>(slot.parameter.data) + begin;
                   const T* g = static_cast<const T*>(slot.gradient.data) + begin;
                   T* b = momentum ? state + slot.state_offset + begin : nullptr;
                   kernel(p, g, b, end - begin, steps[slot.index] == 1 ? first : later);
                 });
  });
}

}  // namespace gradlane
