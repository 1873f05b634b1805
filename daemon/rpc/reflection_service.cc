#include "daemon/rpc/reflection_service.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/methods.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace tidewaiter::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::FileDescriptorResponse;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

void NotFound(std::string what, ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response->mutable_error_response()->set_error_message(std::move(what));
}

void ListServices(ServerReflectionResponse* response) {
  // Asked for by their files: so those are linked, and whoever sees the names can ask for them, too.
  std::set<std::string_view> names = {
      grpc::reflection::v1::ServerReflectionRequest::descriptor()->file()->service(0)->full_name(),
      grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()->file()->service(0)->full_name()};
  for (const MethodInfo& method : kMethodTable) names.insert(method.service);
  for (const std::string_view name : names) {
    response->mutable_list_services_response()->add_service()->set_name(std::string(name));
  }
}

// A file after those that it imports.
void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>* added,
             FileDescriptorResponse* response) {
  if (!added->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), added, response);
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response->add_file_descriptor_proto(proto.SerializeAsString());
}

void FillFile(const FileDescriptor* file, const std::string& asked, ServerReflectionResponse* response) {
  if (file == nullptr) return NotFound(absl::StrCat("there is no ", asked), response);
  std::set<const FileDescriptor*> added;
  AddFile(*file, &added, response->mutable_file_descriptor_response());
}

void FillExtension(const ServerReflectionRequest& request, ServerReflectionResponse* response) {
  const auto& asked = request.file_containing_extension();
  const auto* type = Pool().FindMessageTypeByName(asked.containing_type());
  const FieldDescriptor* extension =
      type == nullptr ? nullptr : Pool().FindExtensionByNumber(type, asked.extension_number());
  FillFile(extension == nullptr ? nullptr : extension->file(),
           absl::StrCat("extension ", asked.extension_number(), " of ", asked.containing_type()), response);
}

void FillExtensionNumbers(const std::string& name, ServerReflectionResponse* response) {
  const auto* type = Pool().FindMessageTypeByName(name);
  if (type == nullptr) return NotFound(absl::StrCat("there is no message ", name), response);
  std::vector<const FieldDescriptor*> extensions;
  Pool().FindAllExtensions(type, &extensions);
  auto* answer = response->mutable_all_extension_numbers_response();
  answer->set_base_type_name(name);
  for (const FieldDescriptor* extension : extensions) answer->add_extension_number(extension->number());
}

ServerReflectionResponse Answer(const ServerReflectionRequest& request) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      ListServices(&response);
      break;
    case ServerReflectionRequest::kFileByFilename:
      FillFile(Pool().FindFileByName(request.file_by_filename()),
               absl::StrCat("file ", request.file_by_filename()), &response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      FillFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()),
               absl::StrCat("symbol ", request.file_containing_symbol()), &response);
      break;
    case ServerReflectionRequest::kFileContainingExtension:
      FillExtension(request, &response);
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      FillExtensionNumbers(request.all_extension_numbers_of_type(), &response);
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("message_request: say what is asked for");
  }
  return response;
}

// Reads a question, answers it, reads the next. Owns itself.
class Reflection final : public ReflectionReactor {
 public:
  Reflection() { StartRead(&question_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    ServerReflectionRequest request;
    if (!Parse(question_, convert::kSmallRequest, &request).ok()) {
      return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the request cannot be decoded"));
    }
    answer_ = Serialize(Answer(request));
    StartWrite(&answer_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&question_);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer question_;
  grpc::ByteBuffer answer_;
};

}  // namespace

ReflectionReactor* ReflectionV1::ServerReflectionInfo(grpc::CallbackServerContext*) { return new Reflection; }

ReflectionReactor* ReflectionV1Alpha::ServerReflectionInfo(grpc::CallbackServerContext*) {
  return new Reflection;
}

}  // namespace tidewaiter::rpc
