/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

TEST(utf8_takes_and_refuses) {
  static const struct {
    const char *text;
    bool valid;
  } cases[] = {
      {"", true},
      {"Hello", true},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", true},
      {"\xC0\x80", false},
      {"\xE0\x9F\xBF", false},
      {"\xED\xA0\x80", false},
      {"\xF4\x90\x80\x80", false},
      {"\xF0\x8F\xBF\xBF", false},
      {"\x80", false},
      {"\xC3", false},
      {"\xFF", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK_EQUAL(swl_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
  }
}
