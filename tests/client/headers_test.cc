// The client's headers are all that a user compiles: no gRPC and no protobuf come with them.
#include "client/client.h"
#include "client/subscription.h"
#include "client/upload.h"

#if defined(GRPCPP_CHANNEL_H) || defined(GRPCPP_CLIENT_CONTEXT_H) || defined(GRPC_GRPC_H) || \
    defined(GOOGLE_PROTOBUF_VERSION)
#error "a public header of the client includes gRPC or protobuf"
#endif

#include "gtest/gtest.h"

namespace tidewaiter::client {
namespace {

// Some 30 seconds by default, for calls that name no time of their own.
TEST(Headers, OptionsHaveDefaults) {
  EXPECT_EQ(ConnectOptions{}.timeout, absl::Seconds(30));
  EXPECT_FALSE(ReadQuery{}.vintage.sequence.has_value());
  EXPECT_FALSE(SubscribeOptions{}.snapshot);
}

}  // namespace
}  // namespace tidewaiter::client
