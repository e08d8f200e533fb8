// Processes as threads, which pass messages through a table.
#pragma once

#include <gtest/gtest.h>

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
  Request Send(const void* data, std::int64_t bytes, int to, Tag tag) override {
    table_.Put({rank_, to, tag}, std::string(static_cast<const char*>(data), bytes));
    return {.number = -1};
  }
  Request Receive(void* data, std::int64_t bytes, int from, Tag tag) override {
    expected_.push_back({{from, rank_, tag}, data, bytes});
    return {.number = static_cast<int>(expected_.size()) - 1};
  }
  bool Done(Request& request) override {
    if (request.number < 0) return true;
    const Expected& expected = expected_[request.number];
    return table_.Take(expected.key, expected.data, expected.bytes);
  }
  void Finalize() override {}
  void Abort(int) override {}

 private:
  struct Expected {
    Table::Key key;
    void* data;
    std::int64_t bytes;
  };
  Table& table_;
  std::vector<Expected> expected_;
};

}  // namespace gradlane::distributed
