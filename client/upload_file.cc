#include "client/upload_file.h"

#include <string>
#include <utility>

#include "client/upload_messages.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace tidewaiter::client {
namespace {

std::string Delimited(const v1::UploadReleaseRequest& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteVarint64(message.ByteSizeLong());
    message.SerializeToCodedStream(&out);
  }
  return bytes;
}

}  // namespace

struct UploadFile::Impl {
  explicit Impl(Sink to)
      : sink(std::move(to)),
        messages([this](const v1::UploadReleaseRequest& message) { return sink(Delimited(message)); }) {}
  Sink sink;
  UploadMessages messages;
};

UploadFile::UploadFile(Sink sink) : impl_(std::make_unique<Impl>(std::move(sink))) {}
UploadFile::~UploadFile() = default;

absl::Status UploadFile::Begin(const ReleaseDraft& draft) { return impl_->messages.Begin(draft); }
absl::Status UploadFile::BeginSection(const SectionHeader& header) {
  return impl_->messages.BeginSection(header);
}
absl::Status UploadFile::BeginSeries(std::string_view key) { return impl_->messages.BeginSeries(key); }
absl::Status UploadFile::Add(const StatedCell& cell) { return impl_->messages.Add(cell); }
absl::Status UploadFile::End() { return impl_->messages.End(); }

}  // namespace tidewaiter::client
