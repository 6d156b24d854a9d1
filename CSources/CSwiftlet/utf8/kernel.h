/*
 * The loop of the vector kernels. A file that includes this has defined
 *
 *   TARGET              the target attribute of its functions, and
 *   INLINE              with it what a function needs to be inlined always
 *   VALIDATE, UNMASK    the names of the two kernels
 *   vector, WIDTH       the vector type and its size
 *   repeat(uint32_t)    the vector of this word repeated
 *   beyond_ascii(v)     whether a byte of v has its top bit set
 *   wrong(v, previous)  a vector whose bytes are not 0 where a byte of v cannot follow those before
 *                       it, which for the first ones are the last ones of `previous`
 *   is_zero(v)          whether all bytes of v are 0
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "../frame/mask.h"

#define BLOCK 64

/* The vectors of a block, written out: in a loop compilers keep them in memory. */
#if WIDTH == 64
#define EACH(DO) DO(0)
#elif WIDTH == 32
#define EACH(DO) DO(0) DO(1)
#else
#define EACH(DO) DO(0) DO(1) DO(2) DO(3)
#endif

typedef struct block {
  vector part[BLOCK / WIDTH];
} block;

/* From `ones_then_zeros + BLOCK - n` on: n bytes of ones, then zeros. */
static const uint8_t ones_then_zeros[2 * BLOCK] = {
#define ONES 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255
    ONES, ONES, ONES, ONES
#undef ONES
};

INLINE block load(const uint8_t *from) {
  block block;
#define LOAD(i) memcpy(&block.part[i], from + i * WIDTH, WIDTH);
  EACH(LOAD)
#undef LOAD
  return block;
}

/* Unmasks a block if asked to, and returns the bitwise or of its vectors. */
INLINE vector collect(uint8_t *data, vector keys, bool masked) {
  block block = load(data);
  vector all = {0};
#define COLLECT(i)                                   \
  if (masked) {                                      \
    block.part[i] ^= keys;                           \
    memcpy(data + i * WIDTH, &block.part[i], WIDTH); \
  }                                                  \
  all |= block.part[i];
  EACH(COLLECT)
#undef COLLECT
  return all;
}

/* What blocks leave behind for the next. */
typedef struct state {
  vector previous;
  bool beyond; /* whether `previous` may hold such bytes */
} state;

/* Whether a block is right behind those before it, as far as `counted` is ones; NULL: all of it. */
INLINE bool check(state *state, const uint8_t *data, const uint8_t *counted) {
  block block = load(data);
  vector errors = {0};
#define CHECK(i)                                                \
  {                                                             \
    vector error = wrong(block.part[i], state->previous), mask; \
    if (counted) {                                              \
      memcpy(&mask, counted + i * WIDTH, WIDTH);                \
      error &= mask;                                            \
    }                                                           \
    errors |= error;                                            \
    state->previous = block.part[i];                            \
  }
  EACH(CHECK)
#undef CHECK
  return is_zero(errors);
}

/* Takes one block, or four, of which the check of ASCII is then one. */
INLINE bool take(state *state, uint8_t *data, bool four, vector keys, bool masked) {
  vector all = collect(data, keys, masked);
  if (four) {
    all |= collect(data + BLOCK, keys, masked);
    all |= collect(data + 2 * BLOCK, keys, masked);
    all |= collect(data + 3 * BLOCK, keys, masked);
  }
  bool beyond = beyond_ascii(all);
  /* ASCII is looked at all the same when a character may be open in front of it. */
  if (!beyond && !state->beyond) return true;
  state->beyond = beyond;
  bool valid = check(state, data, NULL);
  if (four) {
    valid &= check(state, data + BLOCK, NULL);
    valid &= check(state, data + 2 * BLOCK, NULL);
    valid &= check(state, data + 3 * BLOCK, NULL);
  }
  return valid;
}

/* The least size for which aligned stores pay for their preparation. */
#define ALIGN_MIN 16384

INLINE bool run(uint8_t *data, size_t size, uint32_t key, bool masked) {
  state state = {0};
  if (masked && size >= ALIGN_MIN) {
    size_t head = -(uintptr_t)data & (BLOCK - 1);
    uint8_t first[BLOCK] = {0}; /* the head at its end, behind zeros, which are ASCII */
    swl_mask_short(data, data, head, key);
    memcpy(first + BLOCK - head, data, head);
    key = swl_mask_rotate(key, head);
    data += head;
    size -= head;
    if (!take(&state, first, false, repeat(0), false)) {
      swl_mask(data, size, key);
      return false;
    }
  }

  vector keys = repeat(key);
  bool valid = true;
  size_t i = 0;
  for (; valid && size - i >= 4 * BLOCK; i += 4 * BLOCK)
    valid = take(&state, data + i, true, keys, masked);
  for (; valid && size - i >= BLOCK; i += BLOCK)
    valid = take(&state, data + i, false, keys, masked);
  size_t rest = size - i;
  if (!valid) {
    if (masked) swl_mask(data + i, rest, key);
    return false;
  }
  if (rest == 0) return true;
  bool ascii = masked ? !(swl_mask_short(data + i, data + i, rest, key) & SWL_BEYOND_ASCII)
                      : i > 0 && !beyond_ascii(collect(data + size - BLOCK, keys, false));
  if (ascii && !state.beyond) return true;
  /* What lies behind the text in this block is not part of it: errors there do not count. */
  uint8_t last[BLOCK] = {0};
  memcpy(last, data + i, rest);
  return check(&state, last, ones_then_zeros + BLOCK - rest);
}

TARGET bool VALIDATE(const uint8_t *data, size_t size) {
  return run((uint8_t *)(uintptr_t)data, size, 0, false); /* does not write */
}

TARGET bool UNMASK(uint8_t *data, size_t size, uint32_t key) { return run(data, size, key, true); }
