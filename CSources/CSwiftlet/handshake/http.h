/*
 * Characters of HTTP (RFC 9110 §5.5 and §5.6) for the handshake room.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_HTTP_H
#define SWL_HTTP_H

#include <string.h>

#include "swiftlet.h"

#pragma GCC visibility push(hidden)

/** Classes of characters. */
enum {
  SWL_HTTP_TOKEN = 1,  /**< of methods and names */
  SWL_HTTP_TARGET = 2, /**< visible ASCII */
  SWL_HTTP_VALUE = 4,  /**< of a field's value: no control character but tab */
};

/** The classes each character is of. */
extern const uint8_t swl_http_classes[256];

/** Whether all of `slice` is of a class; so is an empty one. */
bool swl_http_is(swl_slice slice, int class);

/** Whether `value` has the form of a Sec-WebSocket-Key, the base64 of 16 bytes. */
bool swl_http_is_key(swl_slice value);

#pragma GCC visibility pop

static inline swl_slice swl_http_slice(const char *text) { return (swl_slice){text, strlen(text)}; }

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
