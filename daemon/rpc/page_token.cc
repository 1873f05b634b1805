#include "daemon/rpc/page_token.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace tidewaiter::rpc {
namespace {

// token := base64url(version fixed64(fingerprint) fixed64(as_of) varint(sequence) text(after) text(split)
// varint(skip)) text  := varint(bytes) bytes
constexpr std::uint32_t kVersion = 1;
// A key of 16 codes of 64 bytes, twice, and some.
constexpr std::size_t kMaxTokenBytes = 4096;

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

std::uint64_t Fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return hash;
}

std::string SerializeDeterministically(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

void ClearField(google::protobuf::Message* message, const char* name) {
  const google::protobuf::FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) message->GetReflection()->ClearField(message, field);
}

void WriteText(CodedOutputStream& out, const std::string& text) {
  out.WriteVarint32(static_cast<std::uint32_t>(text.size()));
  out.WriteString(text);
}

bool ReadText(CodedInputStream& in, std::string* text) {
  std::uint32_t size = 0;
  return in.ReadVarint32(&size) && size <= kMaxTokenBytes && in.ReadString(text, static_cast<int>(size));
}

// A hash of what must not change from page to page, the same on every machine.
std::uint64_t Fingerprint(const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  ClearField(copy.get(), "page_size");
  ClearField(copy.get(), "page_token");
  return Fnv1a(copy->GetTypeName() + "\n" + SerializeDeterministically(*copy));
}

absl::Status Malformed(std::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kMalformedToken,
                   "page_token: " + std::string(what), {}, {{"page_token", std::string(what)}});
}

}  // namespace

std::string EncodePageToken(const PageToken& token, const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    CodedOutputStream out(&stream);
    out.WriteVarint32(kVersion);
    out.WriteLittleEndian64(Fingerprint(request));
    out.WriteLittleEndian64(static_cast<std::uint64_t>(token.vintage.as_of.micros()));
    out.WriteVarint32(token.vintage.sequence);
    WriteText(out, token.after);
    WriteText(out, token.split);
    out.WriteVarint32(token.skip);
  }
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<PageToken> DecodePageToken(std::string_view text, const google::protobuf::Message& request) {
  std::string bytes;
  if (text.size() > kMaxTokenBytes || !absl::WebSafeBase64Unescape(ToAbsl(text), &bytes)) {
    return Malformed("not a page token; leave it empty for the first page");
  }
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  std::uint32_t version = 0;
  std::uint64_t fingerprint = 0;
  std::uint64_t as_of = 0;
  PageToken token;
  if (!in.ReadVarint32(&version) || version != kVersion || !in.ReadLittleEndian64(&fingerprint) ||
      !in.ReadLittleEndian64(&as_of) || !in.ReadVarint32(&token.vintage.sequence) ||
      !ReadText(in, &token.after) || !ReadText(in, &token.split) || !in.ReadVarint32(&token.skip) ||
      in.CurrentPosition() != static_cast<int>(bytes.size())) {
    return Malformed("not a page token; leave it empty for the first page");
  }
  if (fingerprint != Fingerprint(request)) {
    return Malformed("the token is of another request; only page_size may change from page to page");
  }
  token.vintage.as_of = Instant::FromMicros(static_cast<std::int64_t>(as_of));
  return token;
}

}  // namespace tidewaiter::rpc
