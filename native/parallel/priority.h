// Threads whose work can wait.
#pragma once

namespace gradlane {

enum class Priority { kNormal, kBackground };

// From now on the calling thread runs when others of the machine leave it a core. For good: Linux
// lets no ordinary process take that back. Where the system refuses, nothing happens.
void LowerThisThread() noexcept;

}  // namespace gradlane
