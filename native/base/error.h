// The exceptions of the core. The binding turns them into a JavaScript GradlaneError with the same
// code; codes are listed in ts/errors.ts.
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace gradlane {

enum class ErrorCode { kShape, kDtype, kValue, kMemory };

constexpr const char* CodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kShape:
      return "ERR_SHAPE";
    case ErrorCode::kDtype:
      return "ERR_DTYPE";
    case ErrorCode::kMemory:
      return "ERR_OUT_OF_MEMORY";
    case ErrorCode::kValue:
      break;
  }
  return "ERR_VALUE";
}

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
  std::string message_;
};

// Memory that was not to be had: `bytes` of it, 0 where only the C++ library knows. Carries its
// text itself, for there may be none left to build it in.
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::size_t bytes) noexcept : bytes_(bytes) {
    std::snprintf(text_, sizeof(text_), bytes == 0 ? "out of memory" : "out of memory: %zu bytes",
                  bytes);
  }
  const char* what() const noexcept override { return text_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_;
  char text_[48];
};

}  // namespace gradlane
