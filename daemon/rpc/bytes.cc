#include "daemon/rpc/bytes.h"

#include <utility>
#include <vector>

#include "domain/errors.h"

namespace tidewaiter::rpc {

absl::Status Parse(const grpc::ByteBuffer& bytes, const convert::ParseLimits& limits,
                   google::protobuf::Message* message) {
  const auto view = [](const grpc::Slice& slice) {
    return std::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size());
  };
  grpc::Slice slice;
  if (bytes.TrySingleSlice(&slice).ok() || bytes.DumpToSingleSlice(&slice).ok()) {
    return convert::ParseBounded(view(slice), limits, message);
  }
  // A buffer without a slice: the empty message; anything else would be a compressed one.
  if (bytes.Length() == 0) return convert::ParseBounded("", limits, message);
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kInvalidArgument,
                   "the request's bytes cannot be read; send it uncompressed");
}

grpc::Slice SliceOf(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return slice;
}

grpc::Slice SliceOf(std::string text) {
  auto* const owned = new std::string(std::move(text));
  const auto release = [](void* string) { delete static_cast<std::string*>(string); };
  return grpc::Slice(owned->data(), owned->size(), release, owned);
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  const grpc::Slice slice = SliceOf(message);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message, std::string more) {
  const grpc::Slice slices[] = {SliceOf(message), SliceOf(std::move(more))};
  return grpc::ByteBuffer(slices, 2);
}

}  // namespace tidewaiter::rpc
