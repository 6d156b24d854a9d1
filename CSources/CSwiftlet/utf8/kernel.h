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

/* What a block leaves behind for the next. */
typedef struct state {
  vector previous;
  bool beyond_ascii; /* whether `previous` may hold such bytes */
} state;

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

INLINE block load_unmasked(uint8_t *from, vector keys) {
  block block = load(from);
#define UNMASK_PART(i)   \
  block.part[i] ^= keys; \
  memcpy(from + i * WIDTH, &block.part[i], WIDTH);
  EACH(UNMASK_PART)
#undef UNMASK_PART
  return block;
}

/* Whether a block is right behind those before it, as far as `counted` is ones; NULL: all of it. */
INLINE bool check(state *state, block block, const uint8_t *counted) {
  vector all = {0}, errors = {0};
#define COLLECT(i) all |= block.part[i];
  EACH(COLLECT)
#undef COLLECT
  bool beyond = beyond_ascii(all);
  /* An ASCII block is looked at all the same when a character may be open in front of it. */
  if (!beyond && !state->beyond_ascii) return true;
  state->beyond_ascii = beyond;
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

INLINE bool run(uint8_t *data, size_t size, uint32_t key, bool unmask) {
  state state = {0};
  vector keys = repeat(key);
  size_t i = 0;
  for (; size - i >= BLOCK; i += BLOCK) {
    if (!check(&state, unmask ? load_unmasked(data + i, keys) : load(data + i), NULL)) {
      if (unmask) swl_mask(data + i + BLOCK, size - i - BLOCK, key);
      return false;
    }
  }
  size_t rest = size - i;
  if (rest == 0) return true;
  /* What lies behind the text in this block is not part of it: errors there do not count. */
  uint8_t last[BLOCK] = {0};
  memcpy(last, data + i, rest);
  block block = unmask ? load_unmasked(last, keys) : load(last);
  if (unmask) memcpy(data + i, last, rest);
  return check(&state, block, ones_then_zeros + BLOCK - rest);
}

TARGET bool VALIDATE(const uint8_t *data, size_t size) {
  return run((uint8_t *)(uintptr_t)data, size, 0, false); /* does not write */
}

TARGET bool UNMASK(uint8_t *data, size_t size, uint32_t key) { return run(data, size, key, true); }
