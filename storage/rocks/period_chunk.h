// A part of a release period by period: smaller than series by series, because a month that nearly every
// series states needs no word about which ones, and a reader of one period can pass over the others. Grammar:
// period_chunk_format.h.
#pragma once

#include <string>

#include "storage/rocks/coding.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// True if arranging by period pays: enough cells in each period to carry its head.
bool PrefersPeriods(const ReleasePart& part);

// Appends the encoding of `part`. REQUIRES: no series is without cells, periods strictly ascend within each.
void EncodeByPeriod(const ReleasePart& part, std::string* out);

// Reads what EncodeByPeriod wrote, to the end of the input: the same part in the same order. The reader fails
// if the bytes are anything else. Never reads beyond the input, and needs memory in proportion to it,
// whatever the bytes.
ReleasePart DecodeByPeriod(ByteReader* reader);

}  // namespace tidewaiter::storage
