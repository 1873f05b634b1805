// A libFuzzer target for one feeder: the file that includes this defines TheFeeder() and TheOptions().
//
// A failed check of the collecting sink ends the program, as a crash does. A folder on the command line, the
// corpus, is given the format's example first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder();
FeedOptions TheOptions();

}  // namespace tidewaiter::feeders

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  ::testing::GTEST_FLAG(throw_on_failure) = true;
  for (int i = 1; i < *argc; ++i) {
    const std::filesystem::path path = (*argv)[i];
    if (!std::filesystem::is_directory(path)) continue;
    const std::string_view example = tidewaiter::feeders::TheFeeder().info().example;
    std::ofstream(path / "example", std::ios::binary) << "\xff" << example;
  }
  return 0;
}

// The first byte says in what pieces the rest is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidewaiter::feeders;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Collected sink;
  (void)ParseText(TheFeeder(), text, TheOptions(), sink, data[0] == 0xff ? 1u << 16 : 1u + data[0]);
  (void)TheFeeder().Recognises(text, "x");
  return 0;
}
