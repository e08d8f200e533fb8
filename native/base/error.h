// The exceptions of the core. The binding turns them into a JavaScript GradlaneError with the same
// code; codes are listed in ts/errors.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <new>
#include <string>
#include <utility>

namespace gradlane {

enum class ErrorCode { kShape, kDtype, kValue, kMemory, kDistributed };

constexpr const char* CodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kShape:
      return "ERR_SHAPE";
    case ErrorCode::kDtype:
      return "ERR_DTYPE";
    case ErrorCode::kMemory:
      return "ERR_OUT_OF_MEMORY";
    case ErrorCode::kDistributed:
      return "ERR_DISTRIBUTED";
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

// A part of a message: a text or a number.
struct MessagePart {
  MessagePart(const char* of) : text(of) {}
  MessagePart(std::int64_t of) : kind(kWhole), whole(of) {}
  MessagePart(std::int32_t of) : kind(kWhole), whole(of) {}
  MessagePart(double of) : kind(kReal), real(of) {}

  enum { kText, kWhole, kReal } kind = kText;
  union {
    const char* text;
    std::int64_t whole;
    double real;
  };
};

// Throws an Error. Out of line: there are some forty messages, and each of them put together where
// it is thrown takes half a kilobyte.
[[noreturn]] void Throw(ErrorCode code, std::initializer_list<MessagePart> message);

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
