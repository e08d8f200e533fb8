// Every operation with sizes, kinds and buffers that make no sense, as they come from whoever calls
// the addon past TypeScript: it computes or throws a coded error, and does no more work than its
// buffers have elements. AddressSanitizer and UndefinedBehaviorSanitizer look on; a loop over a
// size that holds no element shows as a test that does not end.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ops/operations.h"

namespace gradlane {
namespace {

constexpr std::int64_t kNasty[] = {-(std::int64_t{1} << 53),
                                   -(std::int64_t{1} << 31),
                                   -2,
                                   -1,
                                   0,
                                   4,
                                   100,
                                   (std::int64_t{1} << 31) - 2,
                                   (std::int64_t{1} << 31) - 1,
                                   std::int64_t{1} << 31,
                                   std::int64_t{1} << 32,
                                   std::int64_t{1} << 53};
constexpr double kNastyReals[] = {-1, 0.5, 1e300, std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};

// Fills argument structs: small numbers, so that some get past the first check, and invalid values
// in none, an eighth or a quarter of the fields of a call.
class Filler {
 public:
  void Fill(const Operation& operation, ArgumentBytes& args) {
    memory_.clear();
    invalid_ = Below(3);
    for (const Field& field : operation.fields) {
      for (int i = 0; i < field.count; ++i) Fill(field.kind, args.bytes + field.offset, i);
    }
  }

 private:
  void Fill(FieldKind kind, void* at, int i) {
    switch (kind) {
      case FieldKind::kSize:
        static_cast<std::int64_t*>(at)[i] = Size();
        break;
      case FieldKind::kNumber:
        *static_cast<double*>(at) = Invalid() ? Of(kNastyReals) : static_cast<double>(Below(2));
        break;
      case FieldKind::kCode:
        *static_cast<std::int32_t*>(at) = Invalid() ? static_cast<std::int32_t>(Below(40)) - 1
                                                    : static_cast<std::int32_t>(Below(2));
        break;
      case FieldKind::kFlag:
        *static_cast<bool*>(at) = Below(2) == 1;
        break;
      case FieldKind::kBuffer:
        *static_cast<Buffer*>(at) = Memory();
        break;
      case FieldKind::kSlots:
        slots_.clear();
        for (std::uint32_t n = Below(3); n > 0; --n) {
          const Buffer parameter = Memory(), gradient = Memory();
          const std::int64_t length = Size(), index = Size();
          slots_.push_back({parameter, gradient, length, index, Size()});
        }
        *static_cast<ParameterSlots*>(at) = slots_;
        break;
    }
  }

  std::int64_t Size() { return Invalid() ? Of(kNasty) : static_cast<std::int64_t>(Below(4)); }
  Buffer Memory() {
    if (Below(8) == 0) return Below(2) == 0 ? Buffer{} : Buffer{nullptr, 0};
    // As long as it says, so that a step outside is seen. All zeros: places and labels are good.
    const std::size_t bytes = Below(4) == 0 ? 8 * Below(5) : 4096;
    memory_.push_back(std::make_unique<double[]>(bytes / 8));
    return {memory_.back().get(), static_cast<std::int64_t>(bytes)};
  }
  std::uint32_t Below(std::uint32_t n) { return random_() % n; }
  bool Invalid() { return Below(8) < invalid_; }
  template <class T, std::size_t kCount>
  T Of(const T (&values)[kCount]) {
    return values[Below(kCount)];
  }

  std::mt19937 random_{7};
  std::uint32_t invalid_ = 0;  // of 8 fields
  std::vector<std::unique_ptr<double[]>> memory_;
  std::vector<ParameterSlot> slots_;
};

class InvalidTest : public ::testing::TestWithParam<Operation> {};

TEST_P(InvalidTest, IsComputedOrRefused) {
  Filler filler;
  int computed = 0;
  for (int i = 0; i < 2000; ++i) {
    ArgumentBytes args{};
    filler.Fill(GetParam(), args);
    try {
      GetParam().run(&args);
      ++computed;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(computed, 0) << "no call got past the checks";
}

INSTANTIATE_TEST_SUITE_P(Operation, InvalidTest, ::testing::ValuesIn(Operations()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace gradlane
