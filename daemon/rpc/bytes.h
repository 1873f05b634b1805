// Messages as bytes: every method is raw, so that what cannot be decoded is answered INVALID_ARGUMENT, and
// decoding and encoding happen on our threads.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "proto/convert/parse.h"

namespace tidewaiter::rpc {

// Parses within limits. Errors as convert::ParseBounded.
absl::Status Parse(const grpc::ByteBuffer& bytes, const convert::ParseLimits& limits,
                   google::protobuf::Message* message);
grpc::Slice SliceOf(const google::protobuf::Message& message);
// Owns the text, which is not copied.
grpc::Slice SliceOf(std::string text);
// In one slice; copies of the buffer share it.
grpc::ByteBuffer Serialize(const google::protobuf::Message& message);
// Followed by `more`: further fields of the message as they stand on the wire, which are not copied.
grpc::ByteBuffer Serialize(const google::protobuf::Message& message, std::string more);

}  // namespace tidewaiter::rpc
