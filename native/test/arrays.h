// Arrays and bounds that the tests of the operations share.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/buffer.h"

namespace gradlane {

template <class T>
struct FloatTraits;
template <>
struct FloatTraits<float> {
  using Wide = double;
  static constexpr Dtype kDtype = Dtype::kFloat32;
};
template <>
struct FloatTraits<double> {
  using Wide = long double;
  static constexpr Dtype kDtype = Dtype::kFloat64;
};
template <class T>
using WideOf = typename FloatTraits<T>::Wide;
template <class T>
inline constexpr Dtype kDtypeOf = FloatTraits<T>::kDtype;

// Half the distance from 1 to the next number: the relative error of one rounding.
template <class T>
inline constexpr T kUnit = std::numeric_limits<T>::epsilon() / 2;

// Numbers of [-1, 1), the same on every machine.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed = 12345) : state_(seed) {}
  std::uint64_t Word() {
    state_ += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  double Next() { return static_cast<double>(Word() >> 11) * 0x1p-52 - 1.0; }

 private:
  std::uint64_t state_;
};

// n elements that start `offset` elements after a 64-byte boundary, between guards that an
// operation must leave alone.
template <class T>
class Array {
 public:
  explicit Array(std::int64_t n, std::int64_t offset = 0) : n_(n), memory_(n + offset + 64) {
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(memory_.data());
    begin_ = static_cast<std::int64_t>((64 - address % 64) % 64 / sizeof(T)) + offset;
    for (T& value : memory_) value = kGuard;
  }
  Array(const Array& other) : Array(other.n_, 0) {
    for (std::int64_t i = 0; i < n_; ++i) (*this)[i] = other[i];
  }
  Array& operator=(const Array&) = delete;

  template <class Make>
  Array& Fill(Make&& make) {
    for (std::int64_t i = 0; i < n_; ++i) (*this)[i] = static_cast<T>(make(i));
    return *this;
  }
  Array& FillRandom(std::uint64_t seed, double scale = 1, double shift = 0) {
    Numbers numbers(seed);
    return Fill([&](std::int64_t) { return numbers.Next() * scale + shift; });
  }

  T& operator[](std::int64_t i) { return memory_[static_cast<std::size_t>(begin_ + i)]; }
  const T& operator[](std::int64_t i) const {
    return memory_[static_cast<std::size_t>(begin_ + i)];
  }
  std::int64_t size() const { return n_; }
  Buffer buffer() const {
    return {const_cast<T*>(memory_.data() + begin_), n_ * static_cast<std::int64_t>(sizeof(T))};
  }
  bool GuardsIntact() const {
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(memory_.size()); ++i) {
      const bool inside = i >= begin_ && i < begin_ + n_;
      if (!inside && memory_[static_cast<std::size_t>(i)] != kGuard) return false;
    }
    return true;
  }
  bool SameBits(const Array& other) const {
    return n_ == other.n_ &&
           (n_ == 0 ||
            std::memcmp(&(*this)[0], &other[0], static_cast<std::size_t>(n_) * sizeof(T)) == 0);
  }

 private:
  static constexpr T kGuard = T(77);
  std::int64_t n_;
  std::int64_t begin_ = 0;
  std::vector<T> memory_;
};

// Around every vector width, in whole blocks and past them.
inline constexpr std::int64_t kSizes[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,    15,
                                          16, 17, 31, 32, 33, 63, 65, 100, 1000, 5003};

}  // namespace gradlane
