// The MPI libraries by their binary interfaces, of which there are two families: in Open MPI's
// handles are addresses of objects of the library, in MPICH's (and Intel MPI's, MVAPICH's, Cray's)
// they are numbers.
#include <algorithm>
#include <type_traits>

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
#elif defined(__aarch64__)
__asm__(".symver dlopen,dlopen@GLIBC_2.17");
__asm__(".symver dlsym,dlsym@GLIBC_2.17");
__asm__(".symver dlerror,dlerror@GLIBC_2.17");
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

 private:
  void* handle_;
};

struct OpenMpi {
  using Handle = void*;
  static constexpr const char* kName = "Open MPI";
  static Handle World(const Library& library) { return library.Get("ompi_mpi_comm_world"); }
  static Handle Byte(const Library& library) { return library.Get("ompi_mpi_byte"); }
  static Handle ErrorsReturn(const Library& library) {
    return library.Get("ompi_mpi_errors_return");
  }
  static Handle& Of(Request& request) { return request.pointer; }
  static void* NoStatus() { return nullptr; }
};

struct Mpich {
  using Handle = int;
  static constexpr const char* kName = "MPICH";
  static Handle World(const Library&) { return 0x44000000; }
  static Handle Byte(const Library&) { return 0x4c00010d; }
  static Handle ErrorsReturn(const Library&) { return 0x54000001; }
  static Handle& Of(Request& request) { return request.number; }
  static void* NoStatus() { return reinterpret_cast<void*>(1); }
};

template <class Abi>
class Mpi final : public Wire {
  using Handle = typename Abi::Handle;

 public:
  explicit Mpi(const Library& library) : world_(Abi::World(library)), byte_(Abi::Byte(library)) {
    const auto get = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(library.Get(name));
    };
    int (*init)(int*, char***, int, int*) = nullptr;
    int (*number)(Handle, int*) = nullptr;
    int (*set_handler)(Handle, Handle) = nullptr;
    get(error_string_, "MPI_Error_string");
    get(send_, "MPI_Isend");
    get(receive_, "MPI_Irecv");
    get(test_, "MPI_Test");
    get(finalize_, "MPI_Finalize");
    get(abort_, "MPI_Abort");
    get(init, "MPI_Init_thread");
    int (*initialized)(int*) = nullptr;
    get(initialized, "MPI_Initialized");
    int before = 0;
    initialized(&before);
    if (before != 0) {
      Throw(ErrorCode::kDistributed, {"something else has started MPI in this process"});
    }
    int provided = 0;
    constexpr int kFunneled = 1;
    Check("MPI_Init_thread", init(nullptr, nullptr, kFunneled, &provided));
    if (provided < kFunneled) {
      Throw(ErrorCode::kDistributed, {"the MPI library works in programs of one thread only"});
    }
    get(set_handler, "MPI_Comm_set_errhandler");
    Check("MPI_Comm_set_errhandler", set_handler(world_, Abi::ErrorsReturn(library)));
    get(number, "MPI_Comm_rank");
    Check("MPI_Comm_rank", number(world_, &rank_));
    get(number, "MPI_Comm_size");
    Check("MPI_Comm_size", number(world_, &size_));
    library_ = Abi::kName;
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    host_ = host;
  }

  Request Send(const void* data, std::int64_t bytes, int to, Tag tag) override {
    Request request{};
    Check("MPI_Isend", send_(data, static_cast<int>(bytes), byte_, to, static_cast<int>(tag),
                             world_, &Abi::Of(request)));
    return request;
  }

  Request Receive(void* data, std::int64_t bytes, int from, Tag tag) override {
    Request request{};
    Check("MPI_Irecv", receive_(data, static_cast<int>(bytes), byte_, from, static_cast<int>(tag),
                                world_, &Abi::Of(request)));
    return request;
  }

  bool Done(Request& request) override {
    int done = 0;
    Check("MPI_Test", test_(&Abi::Of(request), &done, Abi::NoStatus()));
    return done != 0;
  }

  void Finalize() override { Check("MPI_Finalize", finalize_()); }
  void Abort(int code) override { abort_(world_, code); }

 private:
  void Check(const char* call, int code) {
    if (code == 0) return;
    char text[8192] = "";  // more than any of them has
    int length = 0;
    error_string_(code, text, &length);
    Throw(ErrorCode::kDistributed, {call, ": ", text});
  }

  Handle world_, byte_;
  int (*error_string_)(int, char*, int*) = nullptr;
  int (*send_)(const void*, int, Handle, int, int, Handle, Handle*) = nullptr;
  int (*receive_)(void*, int, Handle, int, int, Handle, Handle*) = nullptr;
  int (*test_)(Handle*, int*, void*) = nullptr;
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
    if (library.Find("ompi_mpi_comm_world") != nullptr) {
      return std::make_unique<Mpi<OpenMpi>>(library);
    }
    if (library.Find("MPIR_Err_create_code") != nullptr) {
      return std::make_unique<Mpi<Mpich>>(library);
    }
    Throw(ErrorCode::kDistributed,
          {name.c_str(), " is neither Open MPI nor MPICH, nor compatible with one of them"});
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
