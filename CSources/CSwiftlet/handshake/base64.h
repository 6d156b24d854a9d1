/*
 * Base64 (RFC 4648 §4), which keys and their answers are written in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_HANDSHAKE_BASE64_H
#define SWL_HANDSHAKE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Writes 4 characters for each 3 bytes begun, padded; no terminator. */
static inline void swl_base64(const uint8_t *bytes, size_t size, char *text) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    size_t count = size - i < 3 ? size - i : 3;
    uint32_t group = (uint32_t)bytes[i] << 16;
    if (count > 1) group |= (uint32_t)bytes[i + 1] << 8;
    if (count > 2) group |= bytes[i + 2];
    for (size_t j = 0; j < 4; j++)
      *text++ = j <= count ? alphabet[group >> (18 - 6 * j) & 63] : '=';
  }
}

#endif
