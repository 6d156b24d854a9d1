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
#define SWL_MASK_SHORT 128

/** The bits that are 0 in eight ASCII characters. */
#define SWL_BEYOND_ASCII 0x8080808080808080u

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

/* 16 bytes at `from`, unmasked; bytes go into `any`. */
static inline swl_words swl_mask_words(const uint8_t *from, uint64_t key, swl_words *any) {
  swl_words words;
  memcpy(&words, from, sizeof words);
  words ^= (swl_words){key, key};
  *any |= words;
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
  /* Also the key of any word that begins a multiple of 4 before the end. */
  uint32_t end_key = swl_mask_rotate(key, size);
  uint64_t head = swl_mask_repeat(key), tail = swl_mask_repeat(end_key);
  if (size > 16) {
    const uint8_t *end = from + size;
    uint8_t *to_end = to + size;
    swl_words any = {0, 0};
    swl_words first = swl_mask_words(from, head, &any);
    swl_words last = swl_mask_words(end - 16, tail, &any);
    if (size > 32) {
      swl_words second = swl_mask_words(from + 16, head, &any);
      swl_words second_last = swl_mask_words(end - 32, tail, &any);
      if (size > 64) {
        swl_words third = swl_mask_words(from + 32, head, &any);
        swl_words fourth = swl_mask_words(from + 48, head, &any);
        swl_words third_last = swl_mask_words(end - 48, tail, &any);
        swl_words fourth_last = swl_mask_words(end - 64, tail, &any);
        memcpy(to + 32, &third, 16);
        memcpy(to + 48, &fourth, 16);
        memcpy(to_end - 48, &third_last, 16);
        memcpy(to_end - 64, &fourth_last, 16);
      }
      memcpy(to + 16, &second, 16);
      memcpy(to_end - 32, &second_last, 16);
    }
    memcpy(to, &first, 16);
    memcpy(to_end - 16, &last, 16);
    return any[0] | any[1];
  }
  if (size >= 8) {
    uint64_t first, last;
    memcpy(&first, from, 8);
    memcpy(&last, from + size - 8, 8);
    first ^= head;
    last ^= tail;
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
