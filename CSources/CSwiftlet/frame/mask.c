/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

#include "../cpu/cpu.h"

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

/*
 * A kernel over vectors of WIDTH bytes, for sizes of at least one. Stores are aligned, since a
 * store that crosses a cache line costs more than a load that does. The first and the last vector,
 * which overlap the aligned ones, are loaded before and stored after them, so that it works in
 * place.
 */
#define MASK_KERNEL(NAME, TARGET, WIDTH)                                                  \
  TARGET static void NAME(uint8_t *to, const uint8_t *from, size_t size, uint32_t key) {  \
    typedef uint32_t vector __attribute__((vector_size(WIDTH)));                          \
    typedef vector unaligned __attribute__((aligned(1), may_alias));                      \
    typedef vector aligned __attribute__((may_alias));                                    \
    vector first = *(const unaligned *)from ^ key;                                        \
    vector last = *(const unaligned *)(from + size - WIDTH) ^ swl_mask_rotate(key, size); \
    size_t i = WIDTH - ((uintptr_t)to & (WIDTH - 1));                                     \
    vector keys = swl_mask_rotate(key, i) - (vector){0};                                  \
    for (; size - i >= 4 * WIDTH; i += 4 * WIDTH) {                                       \
      const unaligned *source = (const unaligned *)(from + i);                            \
      aligned *target = (aligned *)(to + i);                                              \
      vector a = source[0], b = source[1], c = source[2], d = source[3];                  \
      target[0] = a ^ keys;                                                               \
      target[1] = b ^ keys;                                                               \
      target[2] = c ^ keys;                                                               \
      target[3] = d ^ keys;                                                               \
    }                                                                                     \
    for (; size - i >= WIDTH; i += WIDTH)                                                 \
      *(aligned *)(to + i) = *(const unaligned *)(from + i) ^ keys;                       \
    *(unaligned *)to = first;                                                             \
    *(unaligned *)(to + size - WIDTH) = last;                                             \
  }

#if SWL_X86
MASK_KERNEL(mask_sse2, SWL_TARGET_SSE2, 16)
MASK_KERNEL(mask_avx2, SWL_TARGET_AVX2, 32)
MASK_KERNEL(mask_avx512, SWL_TARGET_AVX512, 64)
#elif SWL_NEON
MASK_KERNEL(mask_neon, , 16)
#endif

static void mask_long(uint8_t *to, const uint8_t *from, size_t size, uint32_t key) {
  switch (swl_cpu_active()) {
#if SWL_X86
    case SWL_CPU_AVX512:
      mask_avx512(to, from, size, key);
      return;
    case SWL_CPU_AVX2:
      mask_avx2(to, from, size, key);
      return;
    case SWL_CPU_SSE2:
      mask_sse2(to, from, size, key);
      return;
#elif SWL_NEON
    case SWL_CPU_NEON:
      mask_neon(to, from, size, key);
      return;
#endif
    default:
      mask_scalar(to, from, size, key);
  }
}

uint32_t swl_mask_copy(void *target, const void *source, size_t size, uint32_t key) {
  if (size <= SWL_MASK_SHORT)
    swl_mask_short(target, source, size, key);
  else
    mask_long(target, source, size, key);
  return swl_mask_rotate(key, size);
}

uint32_t swl_mask(void *data, size_t size, uint32_t key) {
  return swl_mask_copy(data, data, size, key);
}
