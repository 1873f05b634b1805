#include "storage/rocks/operand.h"

#include <rocksdb/merge_operator.h>

namespace tidewaiter::storage {
namespace {

class AppendOperator : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "tidewaiter.append"; }

  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    std::size_t bytes = in.existing_value ? in.existing_value->size() : 0;
    for (const rocksdb::Slice& operand : in.operand_list) bytes += operand.size();
    out->new_value.clear();
    out->new_value.reserve(bytes);
    if (in.existing_value) out->new_value.append(in.existing_value->data(), in.existing_value->size());
    for (const rocksdb::Slice& operand : in.operand_list)
      out->new_value.append(operand.data(), operand.size());
    return true;
  }

  bool PartialMergeMulti(const rocksdb::Slice& key, const std::deque<rocksdb::Slice>& operands,
                         std::string* new_value, rocksdb::Logger* logger) const override {
    std::size_t bytes = 0;
    for (const rocksdb::Slice& operand : operands) bytes += operand.size();
    new_value->clear();
    new_value->reserve(bytes);
    for (const rocksdb::Slice& operand : operands) new_value->append(operand.data(), operand.size());
    return true;
  }

  bool PartialMerge(const rocksdb::Slice& key, const rocksdb::Slice& left, const rocksdb::Slice& right,
                    std::string* new_value, rocksdb::Logger* logger) const override {
    new_value->assign(left.data(), left.size());
    new_value->append(right.data(), right.size());
    return true;
  }
};

}  // namespace

std::shared_ptr<rocksdb::MergeOperator> NewAppendOperator() { return std::make_shared<AppendOperator>(); }

}  // namespace tidewaiter::storage
