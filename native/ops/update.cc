#include "ops/update.h"

#include "cpu/dispatch.h"
#include "ops/kind.h"
#include "ops/power.h"
#include "parallel/scratch.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "updateStep";

// Places in `hyper`; UpdateHyper in ts/kernels/update.ts.
enum Hyper {
  kLr,
  kBeta1,
  kBeta2,
  kEps,
  kWeightDecay,
  kDecoupled,
  kMaximize,
  kMomentum,
  kCentered,
  kLrDecay,
  kMomentumDecay,
  kHyperCount
};

// Which of the rule's arrays there are, as bits: RMSprop keeps its second and third on demand.
unsigned ArraysOf(UpdateKind kind, const double* hyper) {
  switch (kind) {
    case UpdateKind::kAdagrad:
    case UpdateKind::kLion:
      return 0b001;
    case UpdateKind::kRmsprop:
      return 0b001 | (hyper[kMomentum] != 0 ? 0b010 : 0) | (hyper[kCentered] != 0 ? 0b100 : 0);
    default:
      return 0b011;
  }
}

// The momentum of NAdam at step t.
double NadamMomentum(double t, const double* hyper) {
  const double decay = Kernels().f64.optimizer.power(0.96, t * hyper[kMomentumDecay]);
  return hyper[kBeta1] * (1 - 0.5 * decay);
}

// What the second moment tells of the variance at step t, lr's correction by it; 0 while that is
// too little to be used. Liu et al., algorithm 2.
double Rectification(double t, double beta2, double beta2_power) {
  const double longest = 2 / (1 - beta2) - 1;
  const double length = longest - 2 * t * beta2_power / (1 - beta2_power);
  if (!(length > 5)) return 0;
  return __builtin_sqrt((length - 4) * (length - 2) * longest /
                        ((longest - 4) * (longest - 2) * length));
}

template <class T>
UpdateScalars<T> ScalarsAt(UpdateKind kind, double step, double product, const double* hyper) {
  const auto t = static_cast<std::uint64_t>(step);
  const bool decoupled = hyper[kDecoupled] != 0;
  const double lr = hyper[kLr], beta1 = hyper[kBeta1], beta2 = hyper[kBeta2];
  UpdateScalars<T> s{};
  s.beta1 = static_cast<T>(beta1);
  s.one_minus_beta1 = static_cast<T>(1 - beta1);
  s.beta2 = static_cast<T>(beta2);
  s.one_minus_beta2 = static_cast<T>(1 - beta2);
  s.eps = static_cast<T>(hyper[kEps]);
  s.weight_decay = static_cast<T>(decoupled ? 0 : hyper[kWeightDecay]);
  s.keep = static_cast<T>(decoupled ? 1 - lr * hyper[kWeightDecay] : 1);
  s.sign = hyper[kMaximize] != 0 ? T(-1) : T(1);
  s.momentum = static_cast<T>(hyper[kMomentum]);
  s.centered = hyper[kCentered] != 0;
  double step_size = lr;
  switch (kind) {
    case UpdateKind::kAdagrad:
      step_size = lr / (1 + (step - 1) * hyper[kLrDecay]);
      break;
    case UpdateKind::kAdamax:
      step_size = lr / (1 - WholePower(beta1, t));
      break;
    case UpdateKind::kNadam: {
      const double next = NadamMomentum(step + 1, hyper);
      step_size = lr * next / (1 - product * next);
      s.gradient_size = static_cast<T>(lr * (1 - NadamMomentum(step, hyper)) / (1 - product));
      s.second_scale = static_cast<T>(1 / __builtin_sqrt(1 - WholePower(beta2, t)));
      break;
    }
    case UpdateKind::kRadam: {
      const double power = WholePower(beta2, t), rectified = Rectification(step, beta2, power);
      s.rectified = rectified != 0;
      step_size = lr / (1 - WholePower(beta1, t));
      if (s.rectified) step_size *= rectified * __builtin_sqrt(1 - power);
      break;
    }
    default:
      break;
  }
  s.step_size = static_cast<T>(step_size);
  return s;
}

}  // namespace

void UpdateStep(const UpdateStepArgs& args) {
  const int kind = KindIndex(args.kind, kUpdateKindCount, kOp, "kind");
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const double* hyper = Elements<double>(args.hyper, kHyperCount, kOp, "hyper");
    const bool nadam = args.kind == UpdateKind::kNadam;
    const unsigned arrays = ArraysOf(args.kind, hyper);
    const std::int64_t length = args.state_length;
    CheckSlots<T>(args.slots, kOp);
    CheckStateLength(args.slots, length, kOp);
    double* steps = PerParameter(args.steps, args.slots, kOp, "steps");
    double* products = nadam ? PerParameter(args.products, args.slots, kOp, "products") : nullptr;
    const int count = arrays > 0b011 ? 3 : arrays > 0b001 ? 2 : 1;
    T* state = Elements<T>(args.state, count * length, kOp, "state");

    // Parameters nearly always stand at the same step, so the scalars are computed once for a run
    // of equal ones.
    auto* scalars = static_cast<UpdateScalars<T>*>(
        ThreadScratch(ScratchSlot::kTemporary, args.slots.size() * sizeof(UpdateScalars<T>)));
    double last_step = 0, last_product = 0;
    for (std::size_t i = 0; i < args.slots.size(); ++i) {
      const std::int64_t index = args.slots[i].index;
      const double step = steps[index] += 1;
      double product = 1;
      if (nadam) {
        product = (step == 1 ? 1 : products[index]) * NadamMomentum(step, hyper);
        products[index] = product;
      }
      const bool same = i > 0 && step == last_step && product == last_product;
      scalars[i] = same ? scalars[i - 1] : ScalarsAt<T>(args.kind, step, product, hyper);
      last_step = step;
      last_product = product;
    }
    const auto kernel = Kernels().typed<T>().optimizer.update[kind];
    ForEachPiece(
        args.slots, [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t end) {
          const ParameterSlot& slot = args.slots[i];
          T* parts[kUpdateArrays] = {};
          for (int k = 0; k < kUpdateArrays; ++k) {
            if (arrays >> k & 1) parts[k] = state + k * length + slot.state_offset + begin;
          }
          kernel(static_cast<T*>(slot.parameter.data) + begin,
                 static_cast<const T*>(slot.gradient.data) + begin, parts, end - begin, scalars[i]);
        });
  });
}

}  // namespace gradlane
