#include "ops/all_reduce.h"

#include "distributed/world.h"

namespace gradlane {

namespace {

void* Memory(const AllReduceArgs& args, const char* op) {
  void* x = nullptr;
  DispatchFloat(args.dtype, op,
                [&](auto zero) { x = Elements<decltype(zero)>(args.x, args.n, op, "x"); });
  return x;
}

distributed::Call SumOf(const AllReduceArgs& args, void* x) {
  constexpr auto kSum = static_cast<std::int32_t>(distributed::Reduction::kSum);
  return {distributed::Kind::kAllReduce, args.dtype, kSum, x, args.n};
}

}  // namespace

void AllReduce(const AllReduceArgs& args) {
  void* const x = Memory(args, "allReduce");
  distributed::World& world = distributed::World::Of();
  if (world.IsOpen()) world.Run(SumOf(args, x));
}

void AllReduceStart(const AllReduceArgs& args) {
  void* const x = Memory(args, "allReduceStart");
  distributed::World& world = distributed::World::Of();
  if (world.IsOpen()) world.Start(SumOf(args, x));
}

void AllReduceWait(const AllReduceArgs& args) {
  distributed::World::Of().Wait(Memory(args, "allReduceWait"));
}

}  // namespace gradlane
