/*
 * Incremental UTF-8 validation, RFC 3629 §4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "../frame/mask.h"
#include "swiftlet.h"

/*
 * Inside a character the state is (continuation bytes missing) << 16 | highest << 8 | lowest, the
 * latter two being the range of the next byte. That range is narrower than 80..BF only behind the
 * lead bytes whose first continuation decides about overlong forms, surrogates and the end of
 * Unicode.
 */
#define INSIDE(missing, lowest, highest) \
  ((swl_utf8)(missing) << 16 | (swl_utf8)(highest) << 8 | (swl_utf8)(lowest))

static swl_utf8 lead(uint8_t byte) {
  if (byte < 0x80) return SWL_UTF8_START;
  if (byte < 0xC2) return SWL_UTF8_INVALID;
  if (byte < 0xE0) return INSIDE(1, 0x80, 0xBF);
  if (byte < 0xF0) return INSIDE(2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF);
  if (byte < 0xF5) return INSIDE(3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF);
  return SWL_UTF8_INVALID;
}

static swl_utf8 step(swl_utf8 state, uint8_t byte) {
  if (state == SWL_UTF8_START) return lead(byte);
  if (byte < (state & 0xFF) || byte > (state >> 8 & 0xFF)) return SWL_UTF8_INVALID;
  swl_utf8 missing = (state >> 16) - 1;
  return missing ? INSIDE(missing, 0x80, 0xBF) : SWL_UTF8_START;
}

swl_utf8 swl_utf8_update(swl_utf8 state, const void *data, size_t size) {
  const uint8_t *bytes = data;
  size_t i = 0;
  while (i < size && state != SWL_UTF8_INVALID) {
    if (state == SWL_UTF8_START && size - i >= 8) {
      uint64_t word;
      memcpy(&word, bytes + i, 8);
      if (!(word & 0x8080808080808080u)) {
        i += 8;
        continue;
      }
    }
    state = step(state, bytes[i++]);
  }
  return state;
}

bool swl_utf8_valid(const void *data, size_t size) {
  return swl_utf8_update(SWL_UTF8_START, data, size) == SWL_UTF8_START;
}

swl_utf8 swl_utf8_unmask(swl_utf8 state, void *data, size_t size, uint32_t *key) {
  *key = swl_mask(data, size, *key);
  return swl_utf8_update(state, data, size);
}
