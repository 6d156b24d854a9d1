/*
 * A header that is read and written again is the same bytes, and masking is its definition.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(const uint8_t *data, size_t size) {
  swl_frame frame;
  int header = swl_frame_parse(data, size, &frame);
  CHECK(header == 0 || header == SWL_ERROR_FRAME_LENGTH ||
        (header >= 2 && header <= SWL_FRAME_HEADER_MAX && (size_t)header <= size));
  /* With fewer bytes the answer may be "more", but never another. */
  for (size_t part = 0; part < size && part < SWL_FRAME_HEADER_MAX; part++) {
    swl_frame early;
    int result = swl_frame_parse(data, part, &early);
    CHECK(result == 0 || result == header);
  }
  if (header <= 0) return;
  uint8_t written[SWL_FRAME_HEADER_MAX];
  CHECK(swl_frame_write(written, &frame) == (size_t)header);
  CHECK(memcmp(written, data, (size_t)header) == 0);
}

static void check_mask(const uint8_t *data, size_t size) {
  uint8_t key_bytes[4];
  uint32_t key;
  memcpy(key_bytes, data, 4);
  memcpy(&key, data, 4);
  data += 4;
  size -= 4;
  uint8_t *masked = malloc(size + 1);
  CHECK(masked != NULL);
  uint32_t end = swl_mask_copy(masked, data, size, key);
  for (size_t i = 0; i < size; i++) CHECK(masked[i] == (data[i] ^ key_bytes[i % 4]));
  CHECK(swl_mask(masked, size, key) == end);
  CHECK(memcmp(masked, data, size) == 0);
  free(masked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 5) return 0;
  swl_cpu_limit((swl_cpu)(data[0] % 5));
  check_header(data + 1, size - 1);
  check_mask(data + 1, size - 1);
  return 0;
}
