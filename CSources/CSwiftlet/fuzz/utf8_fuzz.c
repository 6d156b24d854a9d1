/*
 * Validation agrees with the definition of UTF-8, however the text is cut, masked or not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"
#include "../tests/utf8_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static utf8_verdict verdict(swl_utf8 state) {
  return state == SWL_UTF8_START     ? UTF8_COMPLETE
         : state == SWL_UTF8_INVALID ? UTF8_IMPOSSIBLE
                                     : UTF8_OPEN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 8) return 0;
  swl_cpu_limit((swl_cpu)(data[0] % 5));
  /* Repeated, so that small inputs meet the kernels for large ones too. */
  size_t copies = 1 + data[1] % 64, cut = data[2] | (size_t)data[3] << 8;
  uint32_t key;
  memcpy(&key, data + 4, 4);
  data += 8;
  size -= 8;
  uint8_t *text = malloc(size * copies + 1);
  CHECK(text != NULL);
  for (size_t i = 0; i < copies; i++) memcpy(text + i * size, data, size);
  size *= copies;
  cut = size ? cut % size : 0;

  utf8_verdict expected = utf8_oracle(text, size);
  swl_utf8 state = swl_utf8_update(SWL_UTF8_START, text, size);
  CHECK(verdict(state) == expected);
  swl_utf8 first = swl_utf8_update(SWL_UTF8_START, text, cut);
  CHECK(verdict(first) == utf8_oracle(text, cut));
  CHECK(swl_utf8_update(first, text + cut, size - cut) == state);

  uint8_t *masked = malloc(size + 1);
  CHECK(masked != NULL);
  uint32_t end = swl_mask_copy(masked, text, size, key), running = key;
  CHECK(swl_utf8_unmask(SWL_UTF8_START, masked, cut, &running) == first);
  CHECK(swl_utf8_unmask(first, masked + cut, size - cut, &running) == state);
  CHECK(running == end);
  CHECK(memcmp(masked, text, size) == 0);
  free(masked);
  free(text);
  return 0;
}
