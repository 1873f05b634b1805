// Findings as records.
#pragma once

#include "client/cli/records.h"
#include "client/types.h"

namespace tidewaiter::cli {

// kind,series,period,sequence,published_at,printed,held,implied_low,implied_high,amount,status; in JSON all
// fields; in tables the explanation. The CSV columns are stable: new fields come in JSON.
const Schema& FindingSchema();
Record FindingRecord(const client::FindingInfo& info);

}  // namespace tidewaiter::cli
