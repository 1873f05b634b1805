#include "proto/convert/parse.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "domain/errors.h"
#include "google/protobuf/descriptor.h"

namespace tidewaiter::convert {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kDelimited = 2, kFixed32 = 5 };
constexpr std::uint64_t kLongestVarint = 10;

// How the fields of a message weigh, by field number.
struct Shape {
  enum class Kind : std::uint8_t { kUnknown, kNumber, kText, kMessage };
  struct Field {
    Kind kind = Kind::kUnknown;
    const Shape* child = nullptr;  // of a message
  };
  std::vector<Field> fields;
};

// The shapes of all message types that were ever parsed. Thread-safe.
class Shapes {
 public:
  static Shapes& Get() {
    static Shapes* const shapes = new Shapes;
    return *shapes;
  }
  const Shape* Of(const Descriptor* type) {
    absl::MutexLock lock(&mutex_);
    return Find(type);
  }

 private:
  const Shape* Find(const Descriptor* type) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::unique_ptr<Shape>& slot = shapes_[type];
    if (slot != nullptr) return slot.get();
    slot = std::make_unique<Shape>();
    Shape* const shape = slot.get();  // `slot` moves when the map grows
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const auto number = static_cast<std::size_t>(field->number());
      if (shape->fields.size() <= number) shape->fields.resize(number + 1);
      shape->fields[number] = FieldOf(field);
    }
    return shape;
  }
  Shape::Field FieldOf(const FieldDescriptor* field) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (field->message_type() != nullptr) return {Shape::Kind::kMessage, Find(field->message_type())};
    const bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    return {text ? Shape::Kind::kText : Shape::Kind::kNumber, nullptr};
  }

  absl::Mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<Shape>> shapes_ ABSL_GUARDED_BY(mutex_);
};

// Walks over an encoded message and counts what the parser would have to build. Decodes no number.
class Scanner {
 public:
  explicit Scanner(const ParseLimits& limits) : limits_(limits) {}

  // False: not a message, or over a limit.
  bool Scan(const Shape& shape, const char* at, const char* end) {
    while (at < end) {
      const std::optional<std::uint64_t> tag = Varint(at, end);
      if (!tag || *tag > std::numeric_limits<std::uint32_t>::max() || (*tag >> 3) == 0) return false;
      const std::uint64_t number = *tag >> 3;
      const Shape::Field field = number < shape.fields.size() ? shape.fields[number] : Shape::Field{};
      if (!ScanField(field, static_cast<std::uint32_t>(*tag & 7), at, end)) return false;
    }
    return true;
  }

  bool too_many() const { return messages_ > limits_.messages || texts_ > limits_.texts; }

 private:
  static std::optional<std::uint64_t> Varint(const char*& at, const char* end) {
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < kLongestVarint && at < end; ++i) {
      const auto byte = static_cast<unsigned char>(*at++);
      value |= std::uint64_t{byte & 0x7Fu} << (7 * i);
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  bool ScanField(const Shape::Field& field, std::uint32_t wire_type, const char*& at, const char* end) {
    const bool unknown = field.kind == Shape::Kind::kUnknown;
    if (wire_type != kDelimited) {
      if (unknown && !CountText()) return false;
      if (wire_type == kVarint) return Varint(at, end).has_value();
      const std::ptrdiff_t size = wire_type == kFixed64 ? 8 : 4;
      if ((wire_type != kFixed64 && wire_type != kFixed32) || end - at < size) return false;
      at += size;
      return true;
    }
    const std::optional<std::uint64_t> size = Varint(at, end);
    if (!size || *size > static_cast<std::uint64_t>(end - at)) return false;
    const char* const begin = at;
    at += *size;
    if (field.kind == Shape::Kind::kNumber) return true;
    if (field.kind != Shape::Kind::kMessage) return CountText();
    return ++messages_ <= limits_.messages && Scan(*field.child, begin, at);
  }

  bool CountText() { return ++texts_ <= limits_.texts; }

  const ParseLimits limits_;
  std::size_t messages_ = 0;
  std::size_t texts_ = 0;
};

absl::Status NotA(const Descriptor* type) {
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kInvalidArgument,
                   absl::StrCat("the request is not a valid ", type->full_name(), " message"));
}

absl::Status TooMany(const ParseLimits& limits) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
      absl::StrCat("the request has too many parts: at most ", limits.messages, " sub-messages and ",
                   limits.texts, " texts in one message; send observations as blocks, or upload them"),
      {{"limit_messages", absl::StrCat(limits.messages)}, {"limit_texts", absl::StrCat(limits.texts)}});
}

}  // namespace

absl::Status ParseBounded(std::string_view bytes, const ParseLimits& limits,
                          google::protobuf::Message* message) {
  const Descriptor* const type = message->GetDescriptor();
  Scanner scanner(limits);
  const bool scanned = scanner.Scan(*Shapes::Get().Of(type), bytes.data(), bytes.data() + bytes.size());
  if (scanner.too_many()) return TooMany(limits);
  if (!scanned || bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return NotA(type);
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::convert
