/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

/* The reference: 64-bit words, then the rest. */
static void mask_scalar(uint8_t *to, const uint8_t *from, size_t size, uint32_t key) {
  uint64_t wide = swl_mask_repeat(key);
  size_t i = 0;
  for (; size - i >= 8; i += 8) {
    uint64_t word;
    memcpy(&word, from + i, 8);
    word ^= wide;
    memcpy(to + i, &word, 8);
  }
  swl_mask_short(to + i, from + i, size - i, key);
}

uint32_t swl_mask_copy(void *target, const void *source, size_t size, uint32_t key) {
  if (size <= SWL_MASK_SHORT)
    swl_mask_short(target, source, size, key);
  else
    mask_scalar(target, source, size, key);
  return swl_mask_rotate(key, size);
}

uint32_t swl_mask(void *data, size_t size, uint32_t key) {
  return swl_mask_copy(data, data, size, key);
}
