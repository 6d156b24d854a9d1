/*
 * SSE2 has no byte shuffle, so the rules of RFC 3629 §4 are comparisons here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "utf8.h"

#if SWL_X86

#define TARGET SWL_TARGET_SSE2
#define VALIDATE swl_utf8_validate_sse2
#define UNMASK swl_utf8_unmask_sse2
#define INLINE TARGET static inline __attribute__((always_inline))

typedef __m128i vector;
#define WIDTH 16

INLINE vector repeat(uint32_t word) { return _mm_set1_epi32((int)word); }

INLINE bool beyond_ascii(vector bytes) { return _mm_movemask_epi8(bytes) != 0; }

INLINE bool is_zero(vector bytes) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) == 0xFFFF;
}

INLINE vector byte(int value) { return _mm_set1_epi8((char)value); }

/* Where `lead` is in front of a byte below `limit`, or of one that is not: among continuations the
 * signed order is the unsigned one, and other bytes are wrong behind a lead byte anyhow. */
INLINE vector below(vector back1, int lead, vector bytes, int limit) {
  return _mm_cmpeq_epi8(back1, byte(lead)) & _mm_cmplt_epi8(bytes, byte(limit));
}
INLINE vector above(vector back1, int lead, vector bytes, int limit) {
  return _mm_cmpeq_epi8(back1, byte(lead)) & _mm_cmpgt_epi8(bytes, byte(limit));
}

INLINE vector wrong(vector bytes, vector previous) {
  vector back1 = _mm_slli_si128(bytes, 1) | _mm_srli_si128(previous, 15);
  vector back2 = _mm_slli_si128(bytes, 2) | _mm_srli_si128(previous, 14);
  vector back3 = _mm_slli_si128(bytes, 3) | _mm_srli_si128(previous, 13);
  /* A continuation stands where a lead byte asks for it, and nowhere else. */
  vector asked = _mm_subs_epu8(back1, byte(0xC0 - 1)) | _mm_subs_epu8(back2, byte(0xE0 - 1)) |
                 _mm_subs_epu8(back3, byte(0xF0 - 1));
  vector not_asked = _mm_cmpeq_epi8(asked, _mm_setzero_si128());
  vector continuation = _mm_cmplt_epi8(bytes, byte(0xC0));
  vector misplaced = _mm_cmpeq_epi8(continuation, not_asked);
  vector impossible =
      _mm_cmpeq_epi8(bytes & byte(0xFE), byte(0xC0)) | _mm_subs_epu8(bytes, byte(0xF4));
  return misplaced | impossible | below(back1, 0xE0, bytes, 0xA0) |
         above(back1, 0xED, bytes, 0x9F) | below(back1, 0xF0, bytes, 0x90) |
         above(back1, 0xF4, bytes, 0x8F);
}

#include "kernel.h"
#endif
