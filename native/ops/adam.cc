#include "ops/adam.h"

#include "cpu/dispatch.h"
#include "ops/power.h"
#include "parallel/scratch.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "adamStep";

// Places in `hyper`; AdamHyper in ts/kernels/kernels.ts.
enum Hyper {
  kLr,
  kBeta1,
  kBeta2,
  kEps,
  kWeightDecay,
  kDecoupled,
  kAmsgrad,
  kMaximize,
  kBiasCorrection,
  kHyperCount
};

template <class T>
AdamScalars<T> ScalarsAt(double step, const double* hyper) {
  const auto t = static_cast<std::uint64_t>(step);
  const bool corrected = hyper[kBiasCorrection] != 0, decoupled = hyper[kDecoupled] != 0;
  const double correction1 = corrected ? 1 - WholePower(hyper[kBeta1], t) : 1;
  const double correction2 = corrected ? 1 - WholePower(hyper[kBeta2], t) : 1;
  AdamScalars<T> s;
  s.beta1 = static_cast<T>(hyper[kBeta1]);
  s.one_minus_beta1 = static_cast<T>(1 - hyper[kBeta1]);
  s.beta2 = static_cast<T>(hyper[kBeta2]);
  s.one_minus_beta2 = static_cast<T>(1 - hyper[kBeta2]);
  s.eps = static_cast<T>(hyper[kEps]);
  s.weight_decay = static_cast<T>(decoupled ? 0 : hyper[kWeightDecay]);
  s.keep = static_cast<T>(decoupled ? 1 - hyper[kLr] * hyper[kWeightDecay] : 1);
  s.step_size = static_cast<T>(hyper[kLr] / correction1);
  s.second_scale = static_cast<T>(1 / __builtin_sqrt(correction2));
  s.sign = hyper[kMaximize] != 0 ? T(-1) : T(1);
  return s;
}

}  // namespace

void AdamStep(const AdamStepArgs& args) {
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const double* hyper = Elements<double>(args.hyper, kHyperCount, kOp, "hyper");
    const bool amsgrad = hyper[kAmsgrad] != 0;
    CheckSlots<T>(args.slots, kOp);
    CheckStateLength(args.slots, args.state_length, kOp);
    double* steps = PerParameter(args.steps, args.slots, kOp, "steps");
    const std::int64_t length = args.state_length;
    T* m = Elements<T>(args.state, (amsgrad ? 3 : 2) * length, kOp, "state");
    T* v = m + length;
    T* v_max = v + length;

    // Parameters nearly always stand at the same step, so the powers are computed once for a run
    // of equal ones.
    const std::size_t count = args.slots.size();
    auto* scalars = static_cast<AdamScalars<T>*>(
        ThreadScratch(ScratchSlot::kTemporary, count * sizeof(AdamScalars<T>)));
    double last = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double step = steps[args.slots[i].index] += 1;
      scalars[i] = i > 0 && step == last ? scalars[i - 1] : ScalarsAt<T>(step, hyper);
      last = step;
    }
    const auto kernel = Kernels().typed<T>().optimizer.adam;
    ForEachPiece(args.slots,
                 [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t end) {
                   const ParameterSlot& slot = args.slots[i];
                   const std::int64_t at = slot.state_offset + begin;
                   kernel(static_cast<T*>(slot.parameter.data) + begin,
                          static_cast<const T*>(slot.gradient.data) + begin, m + at, v + at,
                          amsgrad ? v_max + at : nullptr, end - begin, scalars[i]);
                 });
  });
}

}  // namespace gradlane
