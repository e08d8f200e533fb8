// Ends of processes, here of children of this one.
#include "distributed/neighbours.h"

#include <gtest/gtest.h>

#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <vector>

namespace gradlane::distributed {
namespace {

using std::chrono::milliseconds;

pid_t Child() {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  return child;
}

void End(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(NeighboursTest, TellsOnceOfEachThatHasEnded) {
  std::vector<Card> cards(4);
  for (Card& card : cards) Neighbours::Introduce(card);
  ASSERT_EQ(cards[0].process, getpid());
  const pid_t first = Child(), second = Child();
  cards[2].process = first;
  cards[3].process = second;
  cards[1].machine[0] ^= 1;  // its number is that of a process elsewhere

  Neighbours of_first, of_second;
  of_first.Watch(cards, 0);
  if (of_first.Ended(milliseconds(0)) != -1) GTEST_SKIP() << "no handles of processes here";
  cards[0].process = second;
  of_second.Watch(cards, 3);  // neither the first nor the second of its machine
  End(second);
  EXPECT_EQ(of_first.Ended(milliseconds(10'000)), 3);
  EXPECT_EQ(of_first.Ended(milliseconds(0)), -1);
  EXPECT_EQ(of_second.Ended(milliseconds(0)), -1);
  End(first);
  EXPECT_EQ(of_first.Ended(milliseconds(10'000)), 2);
}

TEST(NeighboursTest, TheSecondOneWatchesTheFirst) {
  std::vector<Card> cards(3);
  for (Card& card : cards) Neighbours::Introduce(card);
  const pid_t first = Child(), third = Child();
  cards[0].process = first;
  cards[2].process = third;
  Neighbours neighbours;
  neighbours.Watch(cards, 1);
  End(third);
  EXPECT_EQ(neighbours.Ended(milliseconds(0)), -1);
  End(first);
  EXPECT_EQ(neighbours.Ended(milliseconds(10'000)), 0);
}

}  // namespace
}  // namespace gradlane::distributed

#endif
