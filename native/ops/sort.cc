#include "ops/sort.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "ops/grain.h"
#include "parallel/scratch.h"
#include "parallel/thread_pool.h"

namespace gradlane {
namespace {

constexpr const char* kOp = "sort";

// Unsigned numbers in the order of the elements.
template <class T>
auto KeyOf(T value) {
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  if constexpr (std::is_floating_point_v<T>) {
    if (value != value) return static_cast<Bits>(~Bits{0});
    if (value == 0) return kSign;
    const Bits bits = std::bit_cast<Bits>(value);
    return static_cast<Bits>((bits & kSign) != 0 ? ~bits : bits | kSign);
  } else {
    return static_cast<Bits>(static_cast<Bits>(value) ^ kSign);
  }
}

// A key with the place of its element, so that no two are the same and any order of work gives the
// stable one: one number where both fit into it.
struct Narrow {
  std::uint64_t bits;
  Narrow(std::uint32_t key, std::int64_t at) : bits(std::uint64_t{key} << 32 | at) {}
  std::int64_t at() const { return static_cast<std::int64_t>(bits & 0xffffffff); }
  bool operator<(const Narrow& other) const { return bits < other.bits; }
};
struct Wide {
  std::uint64_t key;
  std::int64_t place;
  Wide(std::uint64_t of, std::int64_t at) : key(of), place(at) {}
  std::int64_t at() const { return place; }
  bool operator<(const Wide& other) const {
    return key != other.key ? key < other.key : place < other.place;
  }
};

template <class Entry>
void SortFirst(Entry* entries, std::int64_t n, std::int64_t k) {
  if (k < n) std::nth_element(entries, entries + k, entries + n);
  std::sort(entries, entries + k);
}

template <class T>
void Line(const SortArgs& args, const T* x, T* values, std::int32_t* indices) {
  using Entry = std::conditional_t<sizeof(T) == 8, Wide, Narrow>;
  const std::int64_t n = args.n, inner = args.inner, k = args.k;
  Entry* entries = static_cast<Entry*>(
      ThreadScratch(ScratchSlot::kTemporary, static_cast<std::size_t>(n) * sizeof(Entry)));
  for (std::int64_t i = 0; i < n; ++i) {
    const auto key = KeyOf(x[i * inner]);
    entries[i] = Entry(args.descending ? ~key : key, i);
  }
  SortFirst(entries, n, k);
  for (std::int64_t i = 0; i < k; ++i) {
    const std::int64_t at = entries[i].at();
    values[i * inner] = x[at * inner];
    indices[i * inner] = static_cast<std::int32_t>(at);
  }
}

}  // namespace

void Sort(const SortArgs& args) {
  DispatchAny(args.dtype, kOp, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t outer = args.outer, n = args.n, inner = args.inner, k = args.k;
    if (k < 0 || k > n) {
      Throw(ErrorCode::kShape, {kOp, ": expected k from 0 to ", n, ", got ", k});
    }
    const T* x = Elements<T>(args.x, Product(kOp, outer, n, inner), kOp, "x");
    const std::int64_t found = Product(kOp, outer, k, inner);
    T* values = Elements<T>(args.values, found, kOp, "values");
    std::int32_t* indices = Elements<std::int32_t>(args.indices, found, kOp, "indices");
    if (found == 0) return;
    ParallelRanges(outer * inner, RowsOfGrain(kMathGrain, n),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t line = begin; line < end; ++line) {
                       const std::int64_t o = line / inner, i = line % inner;
                       const std::int64_t at = o * k * inner + i;
                       Line(args, x + o * n * inner + i, values + at, indices + at);
                     }
                   });
  });
}

}  // namespace gradlane
