// That the header is C++ too, and its functions can be linked from there.
// SPDX-License-Identifier: Apache-2.0
#include "swiftlet.h"
// Behind it, since it must do without.
#include <string_view>

int main() {
  unsigned char header[SWL_FRAME_HEADER_MAX];
  if (swl_frame_write_whole(header, SWL_OPCODE_TEXT, 5) != 2) return 1;
  return std::string_view(swl_version()) == SWL_VERSION_STRING ? 0 : 1;
}
