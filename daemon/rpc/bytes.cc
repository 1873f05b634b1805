#include "daemon/rpc/bytes.h"

#include <vector>

#include "domain/errors.h"
#include "grpcpp/support/slice.h"

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

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace tidewaiter::rpc
