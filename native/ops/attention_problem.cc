#include "ops/attention_problem.h"

namespace gradlane {
namespace {

template <class T>
AttentionMask<T> CheckMask(const char* op, const char* operand, Dtype dtype, const Buffer& buffer,
                           std::int64_t length) {
  AttentionMask<T> mask;
  if (!buffer.present()) return mask;
  if (dtype == Dtype::kUint8) {
    mask.chosen = Elements<std::uint8_t>(buffer, length, op, operand);
  } else if (dtype == (sizeof(T) == 4 ? Dtype::kFloat32 : Dtype::kFloat64)) {
    mask.added = Elements<T>(buffer, length, op, operand);
  } else {
    Throw(ErrorCode::kDtype,
          {op, ": expected ", operand, " to be uint8 or as the queries are, got ", Name(dtype)});
  }
  return mask;
}

// Rows of one head do not overlap, so that as many as there are lie in memory.
void CheckRows(const char* op, const char* operand, std::int64_t row, std::int64_t rows,
               std::int64_t width) {
  if (rows <= 1 || row >= width) return;
  Throw(ErrorCode::kShape,
        {op, ": expected rows of ", operand, " at least ", width, " elements apart, got ", row});
}

void CheckSizes(const char* op, const AttentionShape& s) {
  Product(op, s.batch, s.heads, s.rows);
  Product(op, s.batch, s.kv_heads, s.keys);
  Product(op, s.width, s.value_width);
  Product(op, s.past, 1);
  CheckPassed(
      op, s.before, s.after,
      static_cast<double>(s.heads) * static_cast<double>(s.rows) * static_cast<double>(s.keys));
  if (s.width == 0 || s.value_width == 0) {
    Throw(ErrorCode::kShape,
          {op, ": expected heads of at least one element, got ", s.width, " and ", s.value_width});
  }
  if (s.kv_heads == 0 ? s.heads != 0 : s.heads % s.kv_heads != 0) {
    Throw(ErrorCode::kShape,
          {op, ": expected as many heads of k for each of q, got ", s.kv_heads, " for ", s.heads});
  }
  CheckRows(op, "q", s.q_row, s.rows, s.width);
  CheckRows(op, "k", s.k_row, s.keys, s.width);
  CheckRows(op, "v", s.v_row, s.keys, s.value_width);
  CheckRows(op, "out", s.out_row, s.rows, s.value_width);
}

bool ReadsValues(const AttentionArgs&) { return true; }
bool ReadsValues(const AttentionGradientArgs& args) { return args.by_q || args.by_k; }

}  // namespace

std::int64_t AttentionExtent(const char* op, const AttentionShape& s, AttentionOperand operand) {
  switch (operand) {
    case kAttentionQ:
      return Extent(op, {{s.q_batch, s.batch}, {s.q_head, s.heads}, {s.q_row, s.rows}}, s.width);
    case kAttentionK:
      return Extent(op, {{s.k_batch, s.batch}, {s.k_head, s.kv_heads}, {s.k_row, s.keys}}, s.width);
    case kAttentionV:
      return Extent(op, {{s.v_batch, s.batch}, {s.v_head, s.kv_heads}, {s.v_row, s.keys}},
                    s.value_width);
    case kAttentionOut:
      return Extent(op, {{s.out_batch, s.batch}, {s.out_head, s.heads}, {s.out_row, s.rows}},
                    s.value_width);
  }
  return 0;
}

std::int64_t AttentionDraws(const AttentionShape& s) {
  const std::int64_t each = s.heads * s.rows * s.keys;
  return ((s.before + s.batch + s.after) * each + 3) / 4;
}

template <class T, class Args>
AttentionProblem<T> CheckAttention(const Args& args, const char* op) {
  const AttentionShape& s = args.shape;
  CheckSizes(op, s);
  AttentionProblem<T> problem;
  problem.shape = s;
  problem.q = Elements<T>(args.q, AttentionExtent(op, s, kAttentionQ), op, "q");
  problem.k = Elements<T>(args.k, AttentionExtent(op, s, kAttentionK), op, "k");
  problem.v = ReadsValues(args) ? Elements<T>(args.v, AttentionExtent(op, s, kAttentionV), op, "v")
                                : nullptr;
  problem.mask = CheckMask<T>(
      op, "mask", args.mask_dtype, args.mask,
      Extent(op, {{s.mask_batch, s.batch}, {s.mask_head, s.heads}, {s.mask_row, s.rows}}, s.keys));
  problem.padding = CheckMask<T>(op, "padding", args.padding_dtype, args.padding,
                                 Extent(op, {{s.padding_batch, s.batch}}, s.keys));
  if (!(args.p >= 0 && args.p <= 1)) {
    Throw(ErrorCode::kValue, {op, ": expected a probability, got ", args.p});
  }
  problem.scale = static_cast<T>(args.scale);
  problem.causal = args.causal;
  problem.blocked = args.blocked;
  problem.drops = args.p > 0;
  problem.drawn = problem.drops ? PhiloxStream(args.state, op).Read() : PhiloxState{};
  problem.threshold = UniformThreshold(args.p);
  problem.kept_scale = args.p < 1 ? static_cast<T>(1 / (1 - args.p)) : T(0);
  problem.kernels = &Kernels().typed<T>();
  problem.choose = sizeof(T) == 4 ? Kernels().mask.bytes4 : Kernels().mask.bytes8;
  return problem;
}

template AttentionProblem<float> CheckAttention(const AttentionArgs&, const char*);
template AttentionProblem<double> CheckAttention(const AttentionArgs&, const char*);
template AttentionProblem<float> CheckAttention(const AttentionGradientArgs&, const char*);
template AttentionProblem<double> CheckAttention(const AttentionGradientArgs&, const char*);

}  // namespace gradlane
