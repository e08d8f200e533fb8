#include "cpu/caches.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gradlane {
namespace {

class CacheFolders : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("gradlane-caches-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Cache(int index, const char* level, const char* type, const char* size, const char* shared) {
    const std::filesystem::path cache = folder_ / ("index" + std::to_string(index));
    std::filesystem::create_directories(cache);
    const auto write = [&](const char* name, const char* text) {
      std::ofstream(cache / name) << text << "\n";
    };
    write("level", level);
    write("type", type);
    write("size", size);
    write("shared_cpu_map", shared);
  }

  CacheSizes Read() const {
    CacheSizes sizes;
    ReadCacheFolders(folder_.c_str(), sizes);
    return sizes;
  }

  std::filesystem::path folder_;
};

TEST_F(CacheFolders, AreWhatLinuxDescribes) {
  Cache(0, "1", "Data", "64K", "00000001");
  Cache(1, "1", "Instruction", "48K", "00000001");
  Cache(2, "2", "Unified", "1024K", "00000001");
  Cache(3, "3", "Unified", "32M", "ffffffff,ffffffff");
  const CacheSizes sizes = Read();
  EXPECT_EQ(sizes.l1d, 64 << 10);
  EXPECT_EQ(sizes.l2, 1 << 20);
  EXPECT_EQ(sizes.l3, 32 << 20);
}

TEST_F(CacheFolders, CountTheShareOfOneCore) {
  Cache(0, "1", "Data", "32K", "1");
  Cache(1, "2", "Unified", "1024K", "f");
  EXPECT_EQ(Read().l2, 256 << 10);
}

TEST_F(CacheFolders, KeepTheDefaultsWhereNothingIsSaid) {
  const CacheSizes defaults;
  EXPECT_EQ(Read().l1d, defaults.l1d);
  Cache(0, "1", "Data", "", "");
  Cache(1, "?", "Unified", "many", "x");
  EXPECT_EQ(Read().l1d, defaults.l1d);
  EXPECT_EQ(Read().l2, defaults.l2);
  EXPECT_EQ(Read().l3, defaults.l3);
}

// Two ways to the same numbers, where both are there.
TEST(CachesOfThisMachine, AreWhatLinuxSays) {
  CacheSizes told{0, 0, 0};
  ReadCacheFolders("/sys/devices/system/cpu/cpu0/cache", told);
  if (told.l1d == 0) GTEST_SKIP() << "this system tells nothing";
  EXPECT_EQ(Caches().l1d, told.l1d);
  EXPECT_EQ(Caches().l3, told.l3 == 0 ? CacheSizes{}.l3 : told.l3);
}

}  // namespace
}  // namespace gradlane
