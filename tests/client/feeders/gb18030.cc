#include "tests/client/feeders/gb18030.h"

#include <iconv.h>

#include "gtest/gtest.h"

namespace tidewaiter::feeders {

std::string ToGb18030(std::string_view utf8) {
  const iconv_t handle = iconv_open("GB18030", "UTF-8");
  std::string in(utf8);
  std::string out(4 * in.size() + 4, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t from_left = in.size(), to_left = out.size();
  EXPECT_EQ(iconv(handle, &from, &from_left, &to, &to_left), 0u);
  iconv_close(handle);
  out.resize(out.size() - to_left);
  return out;
}

}  // namespace tidewaiter::feeders
