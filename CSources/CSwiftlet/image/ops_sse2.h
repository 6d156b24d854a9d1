/* SPDX-License-Identifier: Apache-2.0 */
#define TARGET SWL_TARGET_SSE2
#include "ops.h"

#define VECTOR 16

typedef __m128i vi;
typedef struct vshift {
  __m128i count;
  __m128i keep; /* for u8: the bits of a byte that are its own after a shift of 16-bit lanes */
} vshift;

OP vi load(const uint8_t *at) { return _mm_loadu_si128((const __m128i *)(const void *)at); }
OP void store(uint8_t *at, vi x) { _mm_storeu_si128((__m128i *)(void *)at, x); }
OP vi set_u8(uint8_t x) { return _mm_set1_epi8((char)x); }
OP vi set_u16(uint16_t x) { return _mm_set1_epi16((short)x); }

OP vi min_u8(vi a, vi b) { return _mm_min_epu8(a, b); }
OP vi max_u8(vi a, vi b) { return _mm_max_epu8(a, b); }
OP vi subs_u8(vi a, vi b) { return _mm_subs_epu8(a, b); }
OP vi add_u8(vi a, vi b) { return _mm_add_epi8(a, b); }
OP vi sub_u8(vi a, vi b) { return _mm_sub_epi8(a, b); }
OP vi min_u16(vi a, vi b) { return _mm_sub_epi16(a, _mm_subs_epu16(a, b)); }
OP vi max_u16(vi a, vi b) { return _mm_add_epi16(b, _mm_subs_epu16(a, b)); }
OP vi subs_u16(vi a, vi b) { return _mm_subs_epu16(a, b); }
OP vi sub_u16(vi a, vi b) { return _mm_sub_epi16(a, b); }

OP vshift set_shift(uint32_t count) {
  return (vshift){_mm_cvtsi32_si128((int)count), set_u8((uint8_t)(0xFFu >> count))};
}
OP vi shift_u16(vi x, vshift s) { return _mm_srl_epi16(x, s.count); }
OP vi shift_u8(vi x, vshift s) { return _mm_and_si128(shift_u16(x, s), s.keep); }

/* Samples of two vectors, none above 255, as bytes in any order. */
OP vi narrow_u16(vi a, vi b) { return _mm_packus_epi16(a, b); }

/* 0 to 8 into as many bits; SSE2 has no byte table. */
OP vi thermometer(vi x) {
  vi bits = _mm_setzero_si128();
  UNROLL for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++) {
    vi above = _mm_cmpgt_epi8(x, set_u8((uint8_t)j));
    bits = _mm_or_si128(bits, _mm_and_si128(above, set_u8((uint8_t)(1u << j))));
  }
  return bits;
}

OP vi complement(vi x) { return _mm_xor_si128(x, set_u8(0xFF)); }
OP vi xor3(vi a, vi b, vi c) { return _mm_xor_si128(_mm_xor_si128(a, b), c); }
OP vi majority(vi a, vi b, vi c) {
  vi odd = _mm_xor_si128(a, b);
  return _mm_or_si128(_mm_and_si128(a, b), _mm_and_si128(odd, c));
}

/* Adds bit j of each byte of x to the byte counters. */
OP vi count_bit(vi counters, vi x, unsigned j) {
  vi bit = set_u8((uint8_t)(1u << j));
  return _mm_sub_epi8(counters, _mm_cmpeq_epi8(_mm_and_si128(x, bit), bit));
}

/* A bit for each sample that is 0: that of its first byte's place, times 1 << ZEROS_SHIFT. */
#define ZEROS_SHIFT 0
OP uint64_t zeros_u8(vi x) {
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128()));
}
OP uint64_t zeros_u16(vi x) {
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(x, _mm_setzero_si128())) & 0x55555555;
}

OP vi sum_u8(vi sum, vi x) { return _mm_add_epi64(sum, _mm_sad_epu8(x, _mm_setzero_si128())); }
OP vi sum_u16(vi sum, vi x) {
  vi even = _mm_and_si128(x, _mm_set1_epi32(0xFFFF));
  return _mm_add_epi32(sum, _mm_add_epi32(even, _mm_srli_epi32(x, 16)));
}
OP vi low_u16(vi x) { return _mm_and_si128(x, set_u16(0xFF)); }
OP vi high_u16(vi x) { return _mm_srli_epi16(x, 8); }
OP vi dot_u16(vi sum, vi a, vi b) { return _mm_add_epi32(sum, _mm_madd_epi16(a, b)); }
OP vi square_u8(vi sum, vi x) {
  vi low = low_u16(x), high = high_u16(x);
  return dot_u16(dot_u16(sum, low, low), high, high);
}

OP uint64_t total_u64(vi x) {
  return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(x, _mm_unpackhi_epi64(x, x)));
}
OP uint64_t total_u32(vi x) {
  vi even = _mm_and_si128(x, _mm_set1_epi64x(0xFFFFFFFF));
  return total_u64(_mm_add_epi64(even, _mm_srli_epi64(x, 32)));
}

typedef __m128 v_f32, m_f32;
typedef __m128d v_f64, m_f64;

OP v_f32 load_f32(const uint8_t *at) { return _mm_loadu_ps((const float *)(const void *)at); }
OP v_f64 load_f64(const uint8_t *at) { return _mm_loadu_pd((const double *)(const void *)at); }
OP void store_f32(uint8_t *at, v_f32 x) { _mm_storeu_ps((float *)(void *)at, x); }
OP void store_f64(uint8_t *at, v_f64 x) { _mm_storeu_pd((double *)(void *)at, x); }
OP v_f32 set_f32(float x) { return _mm_set1_ps(x); }
OP v_f64 set_f64(double x) { return _mm_set1_pd(x); }
OP v_f64 load_wide_f32(const uint8_t *at) {
  return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)at)));
}
OP v_f64 load_wide_f64(const uint8_t *at) { return load_f64(at); }

OP v_f32 min_f32(v_f32 a, v_f32 b) { return _mm_min_ps(a, b); }
OP v_f64 min_f64(v_f64 a, v_f64 b) { return _mm_min_pd(a, b); }
OP v_f32 max_f32(v_f32 a, v_f32 b) { return _mm_max_ps(a, b); }
OP v_f64 max_f64(v_f64 a, v_f64 b) { return _mm_max_pd(a, b); }
OP v_f64 add_f64(v_f64 a, v_f64 b) { return _mm_add_pd(a, b); }
OP v_f64 sub_f64(v_f64 a, v_f64 b) { return _mm_sub_pd(a, b); }
OP v_f64 mul_f64(v_f64 a, v_f64 b) { return _mm_mul_pd(a, b); }

OP m_f32 no_nan_f32(void) { return _mm_setzero_ps(); }
OP m_f64 no_nan_f64(void) { return _mm_setzero_pd(); }
OP m_f32 note_nan_f32(m_f32 nan, v_f32 x) { return _mm_or_ps(nan, _mm_cmpunord_ps(x, x)); }
OP m_f64 note_nan_f64(m_f64 nan, v_f64 x) { return _mm_or_pd(nan, _mm_cmpunord_pd(x, x)); }
OP bool any_nan_f32(m_f32 nan) { return _mm_movemask_ps(nan) != 0; }
OP bool any_nan_f64(m_f64 nan) { return _mm_movemask_pd(nan) != 0; }

OP m_f32 less_f32(v_f32 a, v_f32 b) { return _mm_cmplt_ps(a, b); }
OP m_f64 less_f64(v_f64 a, v_f64 b) { return _mm_cmplt_pd(a, b); }
OP m_f32 less_equal_f32(v_f32 a, v_f32 b) { return _mm_cmple_ps(a, b); }
OP m_f64 less_equal_f64(v_f64 a, v_f64 b) { return _mm_cmple_pd(a, b); }
OP m_f32 and_not_f32(m_f32 no, m_f32 yes) { return _mm_andnot_ps(no, yes); }
OP m_f64 and_not_f64(m_f64 no, m_f64 yes) { return _mm_andnot_pd(no, yes); }
OP vi count_f32(vi counters, m_f32 m) { return _mm_sub_epi32(counters, _mm_castps_si128(m)); }
OP vi count_f64(vi counters, m_f64 m) { return _mm_sub_epi64(counters, _mm_castpd_si128(m)); }
OP uint64_t total_f32(vi counters) { return total_u32(counters); }
OP uint64_t total_f64(vi counters) { return total_u64(counters); }

/* Stores the chosen samples; their bytes. */
OP size_t compress_f32(uint8_t *out, v_f32 x, m_f32 chosen) {
  unsigned lanes = (unsigned)_mm_movemask_ps(chosen);
  float all[4];
  size_t count = 0;
  if (lanes == 0) return 0;
  _mm_storeu_ps(all, x);
  for (; lanes != 0; lanes &= lanes - 1, count += 4)
    memcpy(out + count, &all[__builtin_ctz(lanes)], 4);
  return count;
}
OP size_t compress_f64(uint8_t *out, v_f64 x, m_f64 chosen) {
  unsigned lanes = (unsigned)_mm_movemask_pd(chosen);
  double all[2];
  size_t count = 0;
  if (lanes == 0) return 0;
  _mm_storeu_pd(all, x);
  for (; lanes != 0; lanes &= lanes - 1, count += 8)
    memcpy(out + count, &all[__builtin_ctz(lanes)], 8);
  return count;
}
