#include "base/error.h"

namespace gradlane {

void Throw(ErrorCode code, std::initializer_list<MessagePart> message) {
  std::string text;
  for (const MessagePart& part : message) {
    switch (part.kind) {
      case MessagePart::kText:
        text += part.text;
        break;
      case MessagePart::kWhole:
        text += std::to_string(part.whole);
        break;
      case MessagePart::kReal:
        text += std::to_string(part.real);
        break;
    }
  }
  throw Error(code, std::move(text));
}

}  // namespace gradlane
