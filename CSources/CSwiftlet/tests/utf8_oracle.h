/*
 * UTF-8 by its definition, to compare with: a piece of a character is possible when some scalar
 * value has an encoding that begins with it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef UTF8_ORACLE_H
#define UTF8_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum utf8_verdict { UTF8_COMPLETE, UTF8_OPEN, UTF8_IMPOSSIBLE } utf8_verdict;

/* Whether a scalar value between `low` and `high` needs just `length` bytes. */
static inline bool utf8_reaches(uint32_t low, uint32_t high, int length) {
  static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000},
                        last[] = {0, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
  if (low < first[length]) low = first[length];
  if (high > last[length]) high = last[length];
  if (low >= 0xD800 && low <= 0xDFFF) low = 0xE000;
  return low <= high;
}

static inline utf8_verdict utf8_oracle(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size;) {
    uint8_t lead = data[i];
    int length = lead < 0x80   ? 1
                 : lead < 0xC0 ? 0
                 : lead < 0xE0 ? 2
                 : lead < 0xF0 ? 3
                 : lead < 0xF8 ? 4
                               : 0;
    if (length == 0) return UTF8_IMPOSSIBLE;
    uint32_t value = length == 1 ? lead : lead & (0x7Fu >> length);
    int have = 1;
    for (;; have++) {
      int missing = length - have;
      uint32_t low = value << 6 * missing;
      uint32_t high = low | ((1u << 6 * missing) - 1);
      if (!utf8_reaches(low, high, length)) return UTF8_IMPOSSIBLE;
      if (missing == 0) break;
      if (i + (size_t)have == size) return UTF8_OPEN;
      uint8_t byte = data[i + (size_t)have];
      if (byte < 0x80 || byte > 0xBF) return UTF8_IMPOSSIBLE;
      value = value << 6 | (byte & 0x3F);
    }
    i += (size_t)length;
  }
  return UTF8_COMPLETE;
}

#endif
