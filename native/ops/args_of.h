// The argument struct of an operation, from the operation itself: ArgsOf<decltype(&Matmul)>.
#pragma once

namespace gradlane {

template <class Op>
struct ArgsOfOperation;
template <class Args>
struct ArgsOfOperation<void (*)(const Args&)> {
  using Type = Args;
};

template <auto Op>
using ArgsOf = typename ArgsOfOperation<decltype(Op)>::Type;

}  // namespace gradlane
