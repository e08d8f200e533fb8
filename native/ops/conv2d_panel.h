// How a panel of a convolution's product is put together.
#pragma once

#include <array>
#include <cstdint>

#include "cpu/tables/conv2d.h"

namespace gradlane {

// The longest line of a panel on any ISA target: a copy moves one element of it at least.
using PanelCopies = std::array<Conv2dCopy, 64>;

// Lists the vectors that bring runs of neighbouring elements into a panel, one after the other.
class PanelCopyList {
 public:
  PanelCopyList(PanelCopies& copies, std::int64_t lanes) : copies_(copies), lanes_(lanes) {}
  void Add(std::int64_t from, std::int64_t run) {
    for (std::int64_t i = 0; i < run; i += lanes_) copies_[count_++] = {from + i, to_ + i};
    to_ += run;
  }
  std::int64_t count() const { return static_cast<std::int64_t>(count_); }

 private:
  PanelCopies& copies_;
  std::int64_t lanes_;
  std::size_t count_ = 0;
  std::int64_t to_ = 0;
};

}  // namespace gradlane
