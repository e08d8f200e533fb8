// The one exception of the core. The binding turns it into a JavaScript GradlaneError with the
// same code; codes are listed in ts/errors.ts.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace gradlane {

enum class ErrorCode { kShape, kDtype, kValue };

constexpr const char* CodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kShape:
      return "ERR_SHAPE";
    case ErrorCode::kDtype:
      return "ERR_DTYPE";
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

}  // namespace gradlane
