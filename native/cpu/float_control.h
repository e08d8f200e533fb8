// The register of a thread that says what becomes of denormals, the numbers closer to 0 than the
// smallest normal one, which many processors compute with some ten times as slowly: MXCSR or FPCR.
#pragma once

#include <atomic>
#include <cstdint>

namespace gradlane {

#if defined(__x86_64__)
using FloatControl = unsigned int;
inline constexpr FloatControl kFlush = 1u << 15 | 1u << 6;  // of results (FTZ), of operands (DAZ)
inline FloatControl ReadFloatControl() { return __builtin_ia32_stmxcsr(); }
inline void WriteFloatControl(FloatControl control) { __builtin_ia32_ldmxcsr(control); }
#elif defined(__aarch64__)
using FloatControl = std::uint64_t;
inline constexpr FloatControl kFlush = 1u << 24;  // FZ: of both
inline FloatControl ReadFloatControl() {
  FloatControl control = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  return control;
}
inline void WriteFloatControl(FloatControl control) {
  __asm__ volatile("msr fpcr, %0" : : "r"(control) : "memory");
}
#else
using FloatControl = unsigned int;
inline constexpr FloatControl kFlush = 0;
inline FloatControl ReadFloatControl() { return 0; }
inline void WriteFloatControl(FloatControl) {}
#endif

// Whether computations count denormals as 0; for the whole process.
inline std::atomic<bool> g_flush_denormals{true};

// Computes as g_flush_denormals says for as long as it lives, then as before. The thread pool and
// replays go by the register of the thread that asks for them.
class ComputingScope {
 public:
  ComputingScope() : before_(ReadFloatControl()) {
    const bool flush = g_flush_denormals.load(std::memory_order_relaxed);
    within_ = flush ? before_ | kFlush : before_ & ~kFlush;
    if (within_ != before_) WriteFloatControl(within_);
  }
  ~ComputingScope() {
    if (within_ != before_) WriteFloatControl(before_);
  }
  ComputingScope(const ComputingScope&) = delete;
  ComputingScope& operator=(const ComputingScope&) = delete;

 private:
  FloatControl before_, within_;
};

}  // namespace gradlane
