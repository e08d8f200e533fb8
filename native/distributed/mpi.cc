// The MPI libraries by their binary interfaces, of which there are three: Open MPI's, MPICH's (also
// Intel MPI's, MVAPICH's, Cray's) and the standard one of MPI 5.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "base/error.h"
#include "distributed/wire.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <sys/prctl.h>
#include <unistd.h>

#if defined(__GLIBC__) && !defined(__clang__)
// Those of systems older than the one that this is compiled on.
#if defined(__x86_64__)
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
__asm__(".symver dlerror,dlerror@GLIBC_2.2.5");
__asm__(".symver dladdr,dladdr@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver dlopen,dlopen@GLIBC_2.17");
__asm__(".symver dlsym,dlsym@GLIBC_2.17");
__asm__(".symver dlerror,dlerror@GLIBC_2.17");
__asm__(".symver dladdr,dladdr@GLIBC_2.17");
#endif
#endif

namespace gradlane::distributed {

namespace {

// A loaded library.
class Library {
 public:
  explicit Library(void* handle) : handle_(handle) {}

  void* Find(const char* name) const { return dlsym(handle_, name); }
  void* Get(const char* name) const {
    void* const found = Find(name);
    if (found == nullptr) Throw(ErrorCode::kDistributed, {"the MPI library lacks ", name});
    return found;
  }
  template <class Function>
  void Get(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(Get(name));
  }

 private:
  void* handle_;
};

// Handles are addresses of objects of the library in Open MPI's interface and numbers in the
// others, of 32 bits in MPICH's. A number takes the register that an address would, so one type of
// functions calls them all.
using Handle = void*;

Handle Number(std::uintptr_t number) { return reinterpret_cast<Handle>(number); }

struct Abi {
  Handle world, byte, errors_return;
  void* no_status;
  int funneled;
  std::size_t request_bytes;
};

// Without the objects where the library is of an interface that is not known.
Abi AbiOf(const Library& library) {
  int standard = -1, minor = -1;  // those of another interface that know of the standard say -1
  if (void* const get = library.Find("MPI_Abi_get_version")) {
    reinterpret_cast<int (*)(int*, int*)>(get)(&standard, &minor);
  }
  if (standard == 1) {
    return {Number(0x101), Number(0x247), Number(0x143), nullptr, 1024, sizeof(void*)};
  }
  if (standard > 1) return {};
  if (const Handle world = library.Find("ompi_mpi_comm_world")) {
    return {world,
            library.Get("ompi_mpi_byte"),
            library.Get("ompi_mpi_errors_return"),
            nullptr,
            1,
            sizeof(void*)};
  }
  if (library.Find("MPIR_Err_create_code") != nullptr) {
    return {Number(0x44000000), Number(0x4c00010d), Number(0x54000001), Number(1), 1, sizeof(int)};
  }
  return {};
}

// The library that is being started, and by whom.
struct {
  const char* name = nullptr;
  std::thread::id by;
} starting;

// Some libraries end the process where they cannot start.
void TellOfEnd() {
  if (starting.name == nullptr || starting.by != std::this_thread::get_id()) return;
  std::fprintf(stderr,
               "gradlane: %s has ended this process when it was started: launcher and library have "
               "to be of one MPI (ERR_DISTRIBUTED)\n",
               starting.name);
}

class Mpi final : public Wire {
 public:
  Mpi(const Library& library, const Abi& abi) : abi_(abi) {
    int (*init)(int*, char***, int, int*) = nullptr;
    int (*number)(Handle, int*) = nullptr;
    int (*set_handler)(Handle, Handle) = nullptr;
    library.Get(error_string_, "MPI_Error_string");
    library.Get(send_, "MPI_Isend");
    library.Get(receive_, "MPI_Irecv");
    library.Get(test_any_, "MPI_Testany");
    library.Get(finalize_, "MPI_Finalize");
    library.Get(abort_, "MPI_Abort");
    library.Get(init, "MPI_Init_thread");
    library_ = NameOf(library, reinterpret_cast<void*>(init));
    int (*initialized)(int*) = nullptr;
    library.Get(initialized, "MPI_Initialized");
    int before = 0;
    initialized(&before);
    if (before != 0) {
      Throw(ErrorCode::kDistributed, {"something else has started MPI in this process"});
    }
    int provided = 0;
    starting = {library_.c_str(), std::this_thread::get_id()};
    [[maybe_unused]] static const int registered = std::atexit(&TellOfEnd);
    const int started = init(nullptr, nullptr, abi_.funneled, &provided);
    starting = {};
    Check("MPI_Init_thread", started);
    if (provided < abi_.funneled) {
      Throw(ErrorCode::kDistributed, {"the MPI library works in programs of one thread only"});
    }
    library.Get(set_handler, "MPI_Comm_set_errhandler");
    Check("MPI_Comm_set_errhandler", set_handler(abi_.world, abi_.errors_return));
    library.Get(number, "MPI_Comm_rank");
    Check("MPI_Comm_rank", number(abi_.world, &rank_));
    library.Get(number, "MPI_Comm_size");
    Check("MPI_Comm_size", number(abi_.world, &size_));
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    host_ = host;
  }

  void Send(const void* data, std::int64_t bytes, int to, Tag tag, bool& pending) override {
    Check("MPI_Isend", send_(data, static_cast<int>(bytes), abi_.byte, to, static_cast<int>(tag),
                             abi_.world, Begin(pending)));
    pending = true;
  }

  void Receive(void* data, std::int64_t bytes, int from, Tag tag, bool& pending) override {
    Check("MPI_Irecv", receive_(data, static_cast<int>(bytes), abi_.byte, from,
                                static_cast<int>(tag), abi_.world, Begin(pending)));
    pending = true;
  }

  // All messages in one call, for in each of them a library looks at all of its sockets.
  bool Advance() override {
    bool moved = false;
    while (!pending_.empty()) {
      int at = 0, done = 0;
      const int count = static_cast<int>(pending_.size());
      Check("MPI_Testany", test_any_(count, requests_.data(), &at, &done, abi_.no_status));
      if (done == 0) break;
      *pending_[at] = false;
      pending_[at] = pending_.back();
      std::memcpy(RequestAt(at), RequestAt(count - 1), abi_.request_bytes);
      pending_.pop_back();
      moved = true;
    }
    return moved;
  }

  // MPICH over UCX ends by asking the other processes to answer, and answers nobody once they have.
  // One that is answered before another has asked would leave that one asking for ever, so all come
  // to a rest before.
  void Finalize() override {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    Check("MPI_Finalize", finalize_());
  }
  void Abort(int code) override { abort_(abi_.world, code); }

 private:
  static constexpr int kMostText = 8192;  // more than any of them writes

  // As "Open MPI v4.1.4 (/usr/lib/libmpi.so.40)".
  static std::string NameOf(const Library& library, void* function) {
    int (*version)(char*, int*) = nullptr;
    library.Get(version, "MPI_Get_library_version");
    char text[kMostText] = "";
    int length = 0;
    version(text, &length);
    std::string name(text, std::strcspn(text, ",\n"));
    Dl_info place;
    if (dladdr(function, &place) != 0) {
      name += " (";
      name += place.dli_fname;
      name += ')';
    }
    return name;
  }

  // Where the request of a message goes.
  void* Begin(bool& pending) {
    pending_.push_back(&pending);
    requests_.resize(std::max(requests_.size(), pending_.size()));
    return RequestAt(static_cast<int>(pending_.size()) - 1);
  }
  void* RequestAt(int at) {
    return reinterpret_cast<char*>(requests_.data()) + at * abi_.request_bytes;
  }

  void Check(const char* call, int code) {
    if (code == 0) return;
    char text[kMostText] = "";
    int length = 0;
    error_string_(code, text, &length);
    Throw(ErrorCode::kDistributed, {call, ": ", text});
  }

  const Abi abi_;
  // Of the messages on their way: what they set when they are through, and their requests, side by
  // side as the library has them.
  std::vector<bool*> pending_;
  std::vector<void*> requests_;
  int (*error_string_)(int, char*, int*) = nullptr;
  int (*send_)(const void*, int, Handle, int, int, Handle, void*) = nullptr;
  int (*receive_)(void*, int, Handle, int, int, Handle, void*) = nullptr;
  int (*test_any_)(int, void*, int*, int*, void*) = nullptr;
  int (*finalize_)() = nullptr;
  int (*abort_)(Handle, int) = nullptr;
};

}  // namespace

std::unique_ptr<Wire> LoadMpi(const std::string& libraries) {
  std::string tried;
  for (std::size_t at = 0; at < libraries.size();) {
    const std::size_t end = std::min(libraries.find('\n', at), libraries.size());
    const std::string name(libraries, at, end - at);
    at = end + 1;
    // For all to see: Open MPI loads plugins that look for its symbols.
    void* const handle = dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (handle == nullptr) {
      tried += "\n  ";
      tried += dlerror();
      continue;
    }
    prctl(PR_SET_TIMERSLACK, 1000);  // ns: this thread sleeps for some 10 us while it waits
    const Library library(handle);
    const Abi abi = AbiOf(library);
    if (abi.world != nullptr) return std::make_unique<Mpi>(library, abi);
    Throw(
        ErrorCode::kDistributed,
        {name.c_str(),
         " has neither the interface of Open MPI, nor MPICH's, nor version 1 of the standard one"});
  }
  Throw(ErrorCode::kDistributed, {"no MPI library could be loaded:", tried.c_str()});
}

}  // namespace gradlane::distributed

#else

namespace gradlane::distributed {

std::unique_ptr<Wire> LoadMpi(const std::string&) {
  Throw(ErrorCode::kDistributed, {"MPI is supported on Linux only"});
}

}  // namespace gradlane::distributed

#endif
