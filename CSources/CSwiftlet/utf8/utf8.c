/*
 * Incremental UTF-8 validation, RFC 3629 §4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "utf8.h"

#include <string.h>

#include "../frame/mask.h"

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

static swl_utf8 update_scalar(swl_utf8 state, const uint8_t *data, size_t size) {
  size_t i = 0;
  while (i < size && state != SWL_UTF8_INVALID) {
    if (state == SWL_UTF8_START && size - i >= 8) {
      uint64_t word;
      memcpy(&word, data + i, 8);
      if (!(word & SWL_BEYOND_ASCII)) {
        i += 8;
        continue;
      }
    }
    state = step(state, data[i++]);
  }
  return state;
}

/* The state after a text that is valid but for an incomplete last character. */
static swl_utf8 end_state(const uint8_t *data, size_t size) {
  size_t tail = 0;
  if (size >= 1 && data[size - 1] >= 0xC0)
    tail = 1;
  else if (size >= 2 && data[size - 2] >= 0xE0)
    tail = 2;
  else if (size >= 3 && data[size - 3] >= 0xF0)
    tail = 3;
  return update_scalar(SWL_UTF8_START, data + size - tail, tail);
}

/* Whether all of at least 8 bytes, and no more than 64, are ASCII; words overlap at the end. */
static bool is_ascii_short(const uint8_t *data, size_t size) {
  uint64_t any, word;
  memcpy(&any, data + size - 8, 8);
  for (size_t i = 0; i + 8 < size; i += 8) {
    memcpy(&word, data + i, 8);
    any |= word;
  }
  return !(any & SWL_BEYOND_ASCII);
}

/* Below this a kernel's set-up costs more than the scalar way. */
#define VECTOR_MIN 16

/* From a character boundary. */
static swl_utf8 validate(const uint8_t *data, size_t size) {
  bool valid;
  if (size >= 8 && size <= 64 && is_ascii_short(data, size)) return SWL_UTF8_START;
  if (size < VECTOR_MIN) return update_scalar(SWL_UTF8_START, data, size);
  switch (swl_cpu_active()) {
#if SWL_X86
    case SWL_CPU_AVX512:
      valid = swl_utf8_validate_avx512(data, size);
      break;
    case SWL_CPU_AVX2:
      valid = swl_utf8_validate_avx2(data, size);
      break;
    case SWL_CPU_SSE2:
      valid = swl_utf8_validate_sse2(data, size);
      break;
#elif SWL_NEON
    case SWL_CPU_NEON:
      valid = swl_utf8_validate_neon(data, size);
      break;
#endif
    default:
      return update_scalar(SWL_UTF8_START, data, size);
  }
  return valid ? end_state(data, size) : SWL_UTF8_INVALID;
}

/* From a character boundary, and after unmasking `size` bytes of it. */
static swl_utf8 unmask(uint8_t *data, size_t size, uint32_t key) {
  bool valid;
  if (size <= SWL_MASK_SHORT) {
    bool ascii = !(swl_mask_short(data, data, size, key) & SWL_BEYOND_ASCII);
    return ascii ? SWL_UTF8_START : validate(data, size);
  }
  switch (swl_cpu_active()) {
#if SWL_X86
    case SWL_CPU_AVX512:
      valid = swl_utf8_unmask_avx512(data, size, key);
      break;
    case SWL_CPU_AVX2:
      valid = swl_utf8_unmask_avx2(data, size, key);
      break;
    case SWL_CPU_SSE2:
      valid = swl_utf8_unmask_sse2(data, size, key);
      break;
#elif SWL_NEON
    case SWL_CPU_NEON:
      valid = swl_utf8_unmask_neon(data, size, key);
      break;
#endif
    default:
      swl_mask(data, size, key);
      return update_scalar(SWL_UTF8_START, data, size);
  }
  return valid ? end_state(data, size) : SWL_UTF8_INVALID;
}

/* How many of `size` bytes the open character may still take. */
static size_t open_size(swl_utf8 state, size_t size) {
  size_t missing = state >> 16;
  return missing < size ? missing : size;
}

swl_utf8 swl_utf8_update(swl_utf8 state, const void *data, size_t size) {
  const uint8_t *bytes = data;
  if (state != SWL_UTF8_START) {
    if (state == SWL_UTF8_INVALID) return state;
    size_t open = open_size(state, size);
    state = update_scalar(state, bytes, open);
    if (open == size || state == SWL_UTF8_INVALID) return state;
    bytes += open;
    size -= open;
  }
  return validate(bytes, size);
}

bool swl_utf8_valid(const void *data, size_t size) {
  return swl_utf8_update(SWL_UTF8_START, data, size) == SWL_UTF8_START;
}

swl_utf8 swl_utf8_unmask(swl_utf8 state, void *data, size_t size, uint32_t *key) {
  uint8_t *bytes = data;
  uint32_t rest_key = *key;
  *key = swl_mask_rotate(rest_key, size);
  if (state != SWL_UTF8_START) {
    size_t open = state == SWL_UTF8_INVALID ? size : open_size(state, size);
    rest_key = swl_mask(bytes, open, rest_key);
    state = update_scalar(state, bytes, open);
    if (open == size) return state;
    bytes += open;
    size -= open;
    if (state == SWL_UTF8_INVALID) {
      swl_mask(bytes, size, rest_key);
      return state;
    }
  }
  return unmask(bytes, size, rest_key);
}
