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
  kDampening,
  kNesterov,
  kAmsgrad,
  kBiasCorrection,
  kEtaMinus,
  kEtaPlus,
  kStepSizeMin,
  kStepSizeMax,
  kHyperCount
};

// Which of the rule's arrays there are, as bits: some are kept on demand.
unsigned ArraysOf(UpdateKind kind, const double* hyper) {
  switch (kind) {
    case UpdateKind::kAdagrad:
    case UpdateKind::kLion:
      return 0b001;
    case UpdateKind::kRmsprop:
      return 0b001 | (hyper[kMomentum] != 0 ? 0b010 : 0) | (hyper[kCentered] != 0 ? 0b100 : 0);
    case UpdateKind::kSgd:
      return hyper[kMomentum] != 0 ? 0b001 : 0;
    case UpdateKind::kAdam:
      return 0b011 | (hyper[kAmsgrad] != 0 ? 0b100 : 0);
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
void ScalarsAt(UpdateKind kind, double step, double product, const double* hyper, void* scalars) {
  auto& s = *static_cast<UpdateScalars<T>*>(scalars);
  const bool decoupled = hyper[kDecoupled] != 0;
  const double lr = hyper[kLr];
  s.weight_decay = static_cast<T>(decoupled ? 0 : hyper[kWeightDecay]);
  s.keep = static_cast<T>(decoupled ? 1 - lr * hyper[kWeightDecay] : 1);
  s.sign = hyper[kMaximize] != 0 ? T(-1) : T(1);
  s.momentum = static_cast<T>(hyper[kMomentum]);
  s.first = step == 1;
  if (kind == UpdateKind::kRprop) {
    s.step_size = static_cast<T>(lr);
    s.eta_minus = static_cast<T>(hyper[kEtaMinus]);
    s.eta_plus = static_cast<T>(hyper[kEtaPlus]);
    s.step_size_min = static_cast<T>(hyper[kStepSizeMin]);
    s.step_size_max = static_cast<T>(hyper[kStepSizeMax]);
    return;
  }
  if (kind == UpdateKind::kSgd) {
    s.step_size = static_cast<T>(lr);
    s.one_minus_dampening = static_cast<T>(1 - hyper[kDampening]);
    s.nesterov = hyper[kNesterov] != 0;
    return;
  }
  const auto t = static_cast<std::uint64_t>(step);
  const double beta1 = hyper[kBeta1], beta2 = hyper[kBeta2];
  s.beta1 = static_cast<T>(beta1);
  s.one_minus_beta1 = static_cast<T>(1 - beta1);
  s.beta2 = static_cast<T>(beta2);
  s.one_minus_beta2 = static_cast<T>(1 - beta2);
  s.eps = static_cast<T>(hyper[kEps]);
  s.centered = hyper[kCentered] != 0;
  double step_size = lr;
  switch (kind) {
    case UpdateKind::kAdam: {
      const bool corrected = hyper[kBiasCorrection] != 0;
      if (corrected) step_size /= 1 - WholePower(beta1, t);
      const double correction2 = corrected ? 1 - WholePower(beta2, t) : 1;
      s.second_scale = static_cast<T>(1 / __builtin_sqrt(correction2));
      break;
    }
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
}

}  // namespace

void UpdateStep(const UpdateStepArgs& args) {
  const int kind = KindIndex(args.kind, kUpdateKindCount, kOp, "kind");
  UpdateKernel kernel = nullptr;
  DispatchFloat(args.dtype, kOp, [&](auto zero) {
    kernel = Kernels().typed<decltype(zero)>().optimizer.update[kind];
  });
  const std::int64_t item = ItemSize(args.dtype), length = args.state_length;
  const double* hyper = Elements<double>(args.hyper, kHyperCount, kOp, "hyper");
  const bool nadam = args.kind == UpdateKind::kNadam;
  const unsigned arrays = ArraysOf(args.kind, hyper);
  const SlotExtents extents = CheckSlots(args.dtype, args.slots, kOp);
  if (length < extents.state) {
    Throw(ErrorCode::kValue, {kOp, ": the slots reach to element ", extents.state,
                              " of state arrays that have stateLength = ", length});
  }
  double* steps = Elements<double>(args.steps, extents.numbers, kOp, "steps");
  double* products =
      nadam ? Elements<double>(args.products, extents.numbers, kOp, "products") : nullptr;
  const int count = arrays > 0b011 ? 3 : arrays > 0b001 ? 2 : static_cast<int>(arrays);
  char* state = ElementBytes(args.dtype, args.state, count * length, kOp, "state");

  // Parameters nearly always stand at the same step: those in a row that do share their scalars.
  const std::size_t slots = args.slots.size();
  constexpr std::size_t kBytes = sizeof(UpdateScalars<double>), kFew = 8;
  alignas(double) char few[kFew * (sizeof(const char*) + kBytes)];
  void* memory = few;
  if (slots > kFew) {
    memory = ThreadScratch(ScratchSlot::kTemporary, slots * (sizeof(const char*) + kBytes));
  }
  auto** of = static_cast<const char**>(memory);
  char* last = reinterpret_cast<char*>(of + slots) - kBytes;
  double last_step = 0, last_product = 0;
  for (std::size_t i = 0; i < slots; ++i) {
    const std::int64_t index = args.slots[i].index;
    const double step = steps[index] += 1;
    double product = 1;
    if (nadam) {
      product = (step == 1 ? 1 : products[index]) * NadamMomentum(step, hyper);
      products[index] = product;
    }
    if (i == 0 || step != last_step || product != last_product) {
      last += kBytes;
      const auto fill = args.dtype == Dtype::kFloat32 ? &ScalarsAt<float> : &ScalarsAt<double>;
      fill(args.kind, step, product, hyper, last);
    }
    of[i] = last;
    last_step = step;
    last_product = product;
  }
  ForEachPiece(args.slots, [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t end) {
    const ParameterSlot& slot = args.slots[i];
    void* parts[kUpdateArrays] = {};
    for (int k = 0; k < count; ++k) {
      if (arrays >> k & 1) parts[k] = state + (k * length + slot.state_offset + begin) * item;
    }
    kernel(static_cast<char*>(slot.parameter.data) + begin * item,
           static_cast<const char*>(slot.gradient.data) + begin * item, parts, end - begin, of[i]);
  });
}

}  // namespace gradlane
