// RocksDB alone, on the bytes that the store has written; and the bytes that they come to.
#pragma once

#include <string>

namespace tidewaiter::bench {

// Takes the operands and log records of every release from the closed store in `directory`, and times RocksDB
// building and ingesting them as sorted tables, a release at a time, in a new database in `scratch`: no
// names, no digest, no fold, no gRPC.
void TablesAlone(const std::string& directory, const std::string& scratch, int repetitions);

// Compacts the closed store fully, and says what is left on the disk, family by family.
void CompactAndCount(const std::string& directory, double observations);

}  // namespace tidewaiter::bench
