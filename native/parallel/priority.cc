#include "parallel/priority.h"

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <pthread/qos.h>
#elif defined(__linux__)
#include <sys/resource.h>
#endif

namespace gradlane {

void LowerThisThread() noexcept {
#if defined(_WIN32)
  SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST);
#elif defined(__APPLE__)
  // Not QOS_CLASS_BACKGROUND, which would keep it off the fast cores even when they are idle.
  pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0);
#elif defined(__linux__)
  setpriority(PRIO_PROCESS, 0, 19);  // 0 is the calling thread
#endif
}

}  // namespace gradlane
