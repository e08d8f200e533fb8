// A checked matrix product: what the algorithms are given.
#pragma once

#include <cstdint>

#include "cpu/kernel_table.h"
#include "ops/matmul_policy.h"

namespace gradlane {

template <class T>
struct MatmulProblem {
  const T* a;
  const T* b;
  T* out;  // (m, n)
  MatmulShape shape;
  std::int64_t lda, ldb, ldo;  // from one stored row to the next
  MatmulEpilogue<T> epilogue;  // relu is set when the activation is ReLU
  // Other activations, applied to finished pieces of out while they are in cache; null: none.
  void (*activation)(const T* x, T* y, std::int64_t n, T parameter) noexcept;
  T parameter;
  const MatmulKernels<T>* kernels;

  // The operands lie without gaps.
  void SetTight() {
    lda = shape.transpose_a ? shape.m : shape.k;
    ldb = shape.transpose_b ? shape.k : shape.n;
    ldo = shape.n;
  }
  // Element (i, p) of op(a) and (p, j) of op(b).
  const T* a_at(std::int64_t i, std::int64_t p) const {
    return a + (shape.transpose_a ? p * lda + i : i * lda + p);
  }
  const T* b_at(std::int64_t p, std::int64_t j) const {
    return b + (shape.transpose_b ? j * ldb + p : p * ldb + j);
  }

  // The epilogue of the step of k that begins at p and ends at `end`, for columns from j on: the
  // first step meets the caller's out, later ones add to it, the last one finishes.
  MatmulEpilogue<T> EpilogueOf(std::int64_t p, std::int64_t end, std::int64_t j) const {
    MatmulEpilogue<T> step = epilogue;
    if (p > 0) step.beta = T(1);
    if (end < shape.k) {
      step.bias = nullptr;
      step.relu = false;
    } else if (step.bias != nullptr) {
      step.bias += j;
    }
    return step;
  }

  void Activate(std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns) const {
    if (activation == nullptr) return;
    for (std::int64_t row = i; row < i + rows; ++row) {
      T* const piece = out + row * ldo + j;
      activation(piece, piece, columns, parameter);
    }
  }
};

// Precondition of all: no size is 0, and CanRun says yes.
template <class T>
void MatmulPacked(const MatmulProblem<T>& problem);
template <class T>
void MatmulDirect(const MatmulProblem<T>& problem);
template <class T>
void MatmulDot(const MatmulProblem<T>& problem);
template <class T>
void MatmulRow(const MatmulProblem<T>& problem);
template <class T>
void MatmulOuter(const MatmulProblem<T>& problem);

}  // namespace gradlane
