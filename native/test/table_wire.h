// Processes as threads, which pass messages through a table.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "distributed/wire.h"

namespace gradlane::distributed {

// Messages that were sent and not received, by sender, receiver and tag.
class Table {
 public:
  using Key = std::tuple<int, int, Tag>;

  void Put(const Key& key, std::string message) {
    const std::lock_guard guard(mutex_);
    messages_[key].push_back(std::move(message));
  }
  bool Take(const Key& key, void* data, std::int64_t bytes) {
    const std::lock_guard guard(mutex_);
    auto& waiting = messages_[key];
    if (waiting.empty()) return false;
    EXPECT_EQ(static_cast<std::int64_t>(waiting.front().size()), bytes);
    std::memcpy(data, waiting.front().data(), waiting.front().size());
    waiting.erase(waiting.begin());
    return true;
  }

 private:
  std::mutex mutex_;
  std::map<Key, std::vector<std::string>> messages_;
};

class TableWire : public Wire {
 public:
  TableWire(Table& table, int rank, int size) : table_(table) {
    rank_ = rank;
    size_ = size;
  }
  void Send(const void* data, std::int64_t bytes, int to, Tag tag, bool& pending) override {
    table_.Put({rank_, to, tag}, std::string(static_cast<const char*>(data), bytes));
    pending = false;
  }
  void Receive(void* data, std::int64_t bytes, int from, Tag tag, bool& pending) override {
    expected_.push_back({{from, rank_, tag}, data, bytes, &pending});
    pending = true;
  }
  bool Advance() override {
    const auto arrived = [this](const Expected& expected) {
      if (!table_.Take(expected.key, expected.data, expected.bytes)) return false;
      *expected.pending = false;
      return true;
    };
    const auto end = std::remove_if(expected_.begin(), expected_.end(), arrived);
    const bool moved = end != expected_.end();
    expected_.erase(end, expected_.end());
    return moved;
  }
  void Finalize() override {}
  void Abort(int) override {}

 private:
  struct Expected {
    Table::Key key;
    void* data;
    std::int64_t bytes;
    bool* pending;
  };
  Table& table_;
  std::vector<Expected> expected_;
};

}  // namespace gradlane::distributed
