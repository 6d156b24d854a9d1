/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#if SWL_X86
#include "tables.h"

#define TARGET SWL_TARGET_AVX2
#define VALIDATE swl_utf8_validate_avx2
#define UNMASK swl_utf8_unmask_avx2
#define INLINE TARGET static inline __attribute__((always_inline))

typedef __m256i vector;
#define WIDTH 32

INLINE vector repeat(uint32_t word) { return _mm256_set1_epi32((int)word); }

INLINE bool beyond_ascii(vector bytes) { return _mm256_movemask_epi8(bytes) != 0; }

INLINE bool is_zero(vector bytes) { return _mm256_testz_si256(bytes, bytes); }

INLINE vector lookup(const uint8_t *table, vector nibbles) {
  __m128i entries = _mm_loadu_si128((const __m128i *)table);
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), nibbles);
}

INLINE vector wrong(vector bytes, vector previous) {
  const vector low_nibble = _mm256_set1_epi8(0x0F);
  vector across = _mm256_permute2x128_si256(previous, bytes, 0x21);
  vector back1 = _mm256_alignr_epi8(bytes, across, 15);
  vector back2 = _mm256_alignr_epi8(bytes, across, 14);
  vector back3 = _mm256_alignr_epi8(bytes, across, 13);
  vector pair = lookup(swl_utf8_first_high, _mm256_srli_epi16(back1, 4) & low_nibble) &
                lookup(swl_utf8_first_low, back1 & low_nibble) &
                lookup(swl_utf8_second_high, _mm256_srli_epi16(bytes, 4) & low_nibble);
  /* The top bit is set where this is the third byte of E0.. or the fourth of F0.. */
  vector further = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xE0 - 0x80)) |
                   _mm256_subs_epu8(back3, _mm256_set1_epi8(0xF0 - 0x80));
  return (further & _mm256_set1_epi8((char)0x80)) ^ pair;
}

#include "kernel.h"
#endif
