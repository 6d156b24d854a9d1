/*
 * Characters of HTTP (RFC 9110 §5.6) for the handshake room.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_HTTP_H
#define SWL_HTTP_H

#include "swiftlet.h"

static inline bool swl_http_is_blank(char c) { return c == ' ' || c == '\t'; }

/** Whether `slice` is `text`, ASCII case ignored; `text` is `size` bytes. */
static inline bool swl_http_equal(swl_slice slice, const char *text, size_t size) {
  if (slice.size != size) return false;
  for (size_t i = 0; i < size; i++) {
    unsigned char a = (unsigned char)slice.data[i], b = (unsigned char)text[i];
    if (a == b) continue;
    /* The cases of a letter differ in one bit; of other characters that differ in it neither is a
     * letter. */
    unsigned char lower = a | 0x20;
    if ((a ^ b) != 0x20 || lower < 'a' || lower > 'z') return false;
  }
  return true;
}

#endif
