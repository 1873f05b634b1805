#include "daemon/rpc/cell_fields.h"

#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

namespace tidewaiter::rpc {
namespace {

std::string FieldOf(int number, const google::protobuf::MessageLite& message) {
  using google::protobuf::internal::WireFormatLite;
  std::string field;
  google::protobuf::io::StringOutputStream stream(&field);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.WriteTag(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out.WriteVarint64(message.ByteSizeLong());
  message.SerializeToCodedStream(&out);
  out.Trim();
  return field;
}

}  // namespace

absl::Status CellFields::Add(std::string_view key, const std::vector<CellState>& cells) {
  if (!general_ && columns_.Take(cells, omit_texts_)) {
    TW_ASSIGN_OR_RETURN(const bool added, AddPlain(key, columns_));
    if (added) return absl::OkStatus();
  }
  return AddGeneral(key, cells);
}

absl::Status CellFields::Add(std::string_view key, const PlainCells& cells) {
  TW_ASSIGN_OR_RETURN(const bool added, AddPlain(key, cells));
  if (added) return absl::OkStatus();
  std::vector<CellState> states;
  cells.CopyTo(&states);
  return AddGeneral(key, states);
}

absl::Status CellFields::AddGeneral(std::string_view key, const std::vector<CellState>& cells) {
  TW_RETURN_IF_ERROR(ClosePlain());
  if (!general_) general_.emplace(lookup_, omit_texts_, &general_blocks_);
  return general_->Add(key, cells);
}

// False, and nothing is added, if they are to go by way of messages.
absl::StatusOr<bool> CellFields::AddPlain(std::string_view key, const PlainCells& cells) {
  if (general_ || cells.size() > limits::kMaxChunkObservations) return false;
  if (plain_.cells() + cells.size() > limits::kMaxChunkObservations) TW_RETURN_IF_ERROR(ClosePlain());
  return plain_.Add(key, cells);
}

absl::Status CellFields::ClosePlain() {
  if (plain_.cells() == 0) return absl::OkStatus();
  finished_cells_ += plain_.cells();
  finished_bytes_ += plain_.bytes();
  return plain_.FinishField(field_number_, &fields_.emplace_back());
}

absl::Status CellFields::Finish(std::vector<std::string>* fields) {
  TW_RETURN_IF_ERROR(ClosePlain());
  if (general_) {
    TW_RETURN_IF_ERROR(general_->Finish());
    for (const v1::ObservationBlock& block : general_blocks_)
      fields_.push_back(FieldOf(field_number_, block));
    general_blocks_.Clear();
    general_.reset();
  }
  finished_cells_ = 0;
  finished_bytes_ = 0;
  *fields = std::exchange(fields_, {});
  return absl::OkStatus();
}

}  // namespace tidewaiter::rpc
