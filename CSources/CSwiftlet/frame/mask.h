/*
 * Masking, RFC 6455 §5.3. Short payloads are the common case of small messages, so they are inline
 * here and need neither a call nor dispatch.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_MASK_H
#define SWL_MASK_H

#include <string.h>

#include "swiftlet.h"

/** The largest size swl_mask_short() takes. */
#define SWL_MASK_SHORT 64

typedef uint64_t swl_words __attribute__((vector_size(16)));

/** The key as it continues after `size` bytes. */
static inline uint32_t swl_mask_rotate(uint32_t key, size_t size) {
  unsigned bits = 8 * (unsigned)(size & 3);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return key >> bits | key << (-bits & 31);
#else
  return key << bits | key >> (-bits & 31);
#endif
}

static inline uint64_t swl_mask_repeat(uint32_t key) { return (uint64_t)key << 32 | key; }

static inline swl_words swl_words_load(const uint8_t *from) {
  swl_words words;
  memcpy(&words, from, sizeof words);
  return words;
}

/**
 * swl_mask_copy() for sizes up to SWL_MASK_SHORT, without the rotated key. Returns the bitwise or
 * of all bytes written, so that a reader of text knows whether any is beyond ASCII.
 *
 * Words overlap in the middle instead of leaving a rest: everything is loaded before anything is
 * stored, so that it may work in place.
 */
static inline uint64_t swl_mask_short(uint8_t *to, const uint8_t *from, size_t size, uint32_t key) {
  uint32_t end_key =
      swl_mask_rotate(key, size); /* also of any word a multiple of 4 before the end */
  if (size > 16) {
    uint64_t head = swl_mask_repeat(key), tail = swl_mask_repeat(end_key);
    swl_words head_key = {head, head}, tail_key = {tail, tail};
    swl_words first = swl_words_load(from) ^ head_key;
    swl_words last = swl_words_load(from + size - 16) ^ tail_key;
    swl_words any = first | last;
    if (size > 32) {
      swl_words second = swl_words_load(from + 16) ^ head_key;
      swl_words third = swl_words_load(from + size - 32) ^ tail_key;
      memcpy(to + 16, &second, 16);
      memcpy(to + size - 32, &third, 16);
      any |= second | third;
    }
    memcpy(to, &first, 16);
    memcpy(to + size - 16, &last, 16);
    return any[0] | any[1];
  }
  if (size >= 8) {
    uint64_t first, last;
    memcpy(&first, from, 8);
    memcpy(&last, from + size - 8, 8);
    first ^= swl_mask_repeat(key);
    last ^= swl_mask_repeat(end_key);
    memcpy(to, &first, 8);
    memcpy(to + size - 8, &last, 8);
    return first | last;
  }
  if (size >= 4) {
    uint32_t first, last;
    memcpy(&first, from, 4);
    memcpy(&last, from + size - 4, 4);
    first ^= key;
    last ^= end_key;
    memcpy(to, &first, 4);
    memcpy(to + size - 4, &last, 4);
    return swl_mask_repeat(first | last);
  }
  uint8_t key_bytes[4];
  memcpy(key_bytes, &key, 4);
  uint8_t any = 0;
  for (size_t i = 0; i < size; i++) any |= to[i] = from[i] ^ key_bytes[i];
  return any;
}

#endif
