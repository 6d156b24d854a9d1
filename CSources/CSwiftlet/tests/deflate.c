/* SPDX-License-Identifier: Apache-2.0 */
#if SWL_WITH_DEFLATE
#include <stdlib.h>

#include "check.h"

/* Compresses a whole message in one call. */
static size_t squeeze(swl_deflater *deflater, const void *data, size_t size, uint8_t *out,
                      size_t capacity) {
  swl_progress progress;
  CHECK_EQUAL(swl_deflate(deflater, data, size, true, out, capacity, &progress), 1);
  CHECK_EQUAL(progress.consumed, size);
  return progress.written;
}

static swl_deflater *new_deflater(int window_bits, bool takeover, int level) {
  swl_deflater_options options = {
      .size = sizeof options, .window_bits = window_bits, .takeover = takeover, .level = level};
  swl_deflater *deflater;
  CHECK_EQUAL(swl_deflater_new(&deflater, &options), 0);
  return deflater;
}

static swl_inflater *new_inflater(int window_bits, bool takeover, uint64_t limit) {
  swl_inflater_options options = {.size = sizeof options,
                                  .window_bits = window_bits,
                                  .takeover = takeover,
                                  .max_message_size = limit};
  swl_inflater *inflater;
  CHECK_EQUAL(swl_inflater_new(&inflater, &options), 0);
  return inflater;
}

/* RFC 7692 §7.2.3.1 and §7.2.3.2 */
TEST(deflate_hello_of_the_rfc) {
  static const uint8_t first[] = {0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00};
  static const uint8_t second[] = {0xF2, 0x00, 0x11, 0x00, 0x00};
  swl_deflater *deflater = new_deflater(15, true, 0);
  uint8_t out[64];
  CHECK_EQUAL(squeeze(deflater, "Hello", 5, out, sizeof out), sizeof first);
  CHECK_BYTES(out, first, sizeof first);
  CHECK_EQUAL(squeeze(deflater, "Hello", 5, out, sizeof out), sizeof second);
  CHECK_BYTES(out, second, sizeof second);
  CHECK_EQUAL(squeeze(deflater, NULL, 0, out, sizeof out), 1);
  CHECK_EQUAL(out[0], 0);
  swl_deflater_free(deflater);
  swl_inflater *inflater = new_inflater(15, true, 5);
  swl_progress progress;
  CHECK_EQUAL(swl_inflate(inflater, first, sizeof first, true, out, 5, &progress), 1);
  CHECK_EQUAL(progress.written, 5);
  CHECK_EQUAL(swl_inflate(inflater, second, sizeof second, true, out, 5, &progress), 1);
  CHECK_EQUAL(progress.written, 5);
  CHECK_BYTES(out, "Hello", 5);
  swl_inflater_free(inflater);
}
#endif
