/* SPDX-License-Identifier: Apache-2.0 */
#define TARGET SWL_TARGET_AVX512
#include "ops.h"

#define VECTOR 64

typedef __m512i vi;
typedef struct vshift {
  __m128i count;
  __m512i keep; /* for u8: the bits of a byte that are its own after a shift of 16-bit lanes */
} vshift;

OP vi load(const uint8_t *at) { return _mm512_loadu_si512((const void *)at); }
OP void store(uint8_t *at, vi x) { _mm512_storeu_si512((void *)at, x); }
OP vi set_u8(uint8_t x) { return _mm512_set1_epi8((char)x); }
OP vi set_u16(uint16_t x) { return _mm512_set1_epi16((short)x); }

OP vi min_u8(vi a, vi b) { return _mm512_min_epu8(a, b); }
OP vi max_u8(vi a, vi b) { return _mm512_max_epu8(a, b); }
OP vi subs_u8(vi a, vi b) { return _mm512_subs_epu8(a, b); }
OP vi add_u8(vi a, vi b) { return _mm512_add_epi8(a, b); }
OP vi sub_u8(vi a, vi b) { return _mm512_sub_epi8(a, b); }
OP vi min_u16(vi a, vi b) { return _mm512_min_epu16(a, b); }
OP vi max_u16(vi a, vi b) { return _mm512_max_epu16(a, b); }
OP vi subs_u16(vi a, vi b) { return _mm512_subs_epu16(a, b); }
OP vi sub_u16(vi a, vi b) { return _mm512_sub_epi16(a, b); }

OP vshift set_shift(uint32_t count) {
  return (vshift){_mm_cvtsi32_si128((int)count), set_u8((uint8_t)(0xFFu >> count))};
}
OP vi shift_u16(vi x, vshift s) { return _mm512_srl_epi16(x, s.count); }
OP vi shift_u8(vi x, vshift s) { return _mm512_and_si512(shift_u16(x, s), s.keep); }

/* Samples of two vectors, none above 255, as bytes in any order. */
OP vi narrow_u16(vi a, vi b) { return _mm512_packus_epi16(a, b); }

/* 0 to 8 into as many bits. */
OP vi thermometer(vi x) {
  const vi table =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 3, 7, 15, 31, 63, 127, -1, 0, 0, 0, 0, 0, 0, 0));
  return _mm512_shuffle_epi8(table, x);
}

OP vi complement(vi x) { return _mm512_xor_si512(x, set_u8(0xFF)); }
OP vi xor3(vi a, vi b, vi c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
OP vi majority(vi a, vi b, vi c) { return _mm512_ternarylogic_epi64(a, b, c, 0xE8); }

/* Adds bit j of each byte of x to the byte counters. */
OP vi count_bit(vi counters, vi x, unsigned j) {
  __mmask64 set = _mm512_test_epi8_mask(x, set_u8((uint8_t)(1u << j)));
  return _mm512_mask_sub_epi8(counters, set, counters, set_u8(0xFF));
}

/* A bit for each sample that is 0: that of its first byte's place, times 1 << ZEROS_SHIFT. */
#define ZEROS_SHIFT 0
OP uint64_t zeros_u8(vi x) { return _mm512_testn_epi8_mask(x, x); }
OP uint64_t zeros_u16(vi x) { return _pdep_u64(_mm512_testn_epi16_mask(x, x), 0x5555555555555555); }

OP vi sum_u8(vi sum, vi x) {
  return _mm512_add_epi64(sum, _mm512_sad_epu8(x, _mm512_setzero_si512()));
}
OP vi sum_u16(vi sum, vi x) {
  vi even = _mm512_and_si512(x, _mm512_set1_epi32(0xFFFF));
  return _mm512_add_epi32(sum, _mm512_add_epi32(even, _mm512_srli_epi32(x, 16)));
}
OP vi low_u16(vi x) { return _mm512_and_si512(x, set_u16(0xFF)); }
OP vi high_u16(vi x) { return _mm512_srli_epi16(x, 8); }
OP vi dot_u16(vi sum, vi a, vi b) { return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b)); }
OP vi square_u8(vi sum, vi x) {
  vi low = low_u16(x), high = high_u16(x);
  return dot_u16(dot_u16(sum, low, low), high, high);
}

OP uint64_t total_u64(vi x) { return (uint64_t)_mm512_reduce_add_epi64(x); }
OP uint64_t total_u32(vi x) {
  vi even = _mm512_and_si512(x, _mm512_set1_epi64(0xFFFFFFFF));
  return total_u64(_mm512_add_epi64(even, _mm512_srli_epi64(x, 32)));
}

typedef __m512 v_f32;
typedef __m512d v_f64;
typedef __mmask16 m_f32;
typedef __mmask8 m_f64;

OP v_f32 load_f32(const uint8_t *at) { return _mm512_loadu_ps((const void *)at); }
OP v_f64 load_f64(const uint8_t *at) { return _mm512_loadu_pd((const void *)at); }
OP void store_f32(uint8_t *at, v_f32 x) { _mm512_storeu_ps((void *)at, x); }
OP void store_f64(uint8_t *at, v_f64 x) { _mm512_storeu_pd((void *)at, x); }
OP v_f32 set_f32(float x) { return _mm512_set1_ps(x); }
OP v_f64 set_f64(double x) { return _mm512_set1_pd(x); }
OP v_f64 load_wide_f32(const uint8_t *at) {
  return _mm512_cvtps_pd(_mm256_loadu_ps((const float *)(const void *)at));
}
OP v_f64 load_wide_f64(const uint8_t *at) { return load_f64(at); }

OP v_f32 min_f32(v_f32 a, v_f32 b) { return _mm512_min_ps(a, b); }
OP v_f64 min_f64(v_f64 a, v_f64 b) { return _mm512_min_pd(a, b); }
OP v_f32 max_f32(v_f32 a, v_f32 b) { return _mm512_max_ps(a, b); }
OP v_f64 max_f64(v_f64 a, v_f64 b) { return _mm512_max_pd(a, b); }
OP v_f64 add_f64(v_f64 a, v_f64 b) { return _mm512_add_pd(a, b); }
OP v_f64 sub_f64(v_f64 a, v_f64 b) { return _mm512_sub_pd(a, b); }
OP v_f64 mul_f64(v_f64 a, v_f64 b) { return _mm512_mul_pd(a, b); }

OP m_f32 no_nan_f32(void) { return 0; }
OP m_f64 no_nan_f64(void) { return 0; }
OP m_f32 note_nan_f32(m_f32 nan, v_f32 x) {
  return (m_f32)(nan | _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q));
}
OP m_f64 note_nan_f64(m_f64 nan, v_f64 x) {
  return (m_f64)(nan | _mm512_cmp_pd_mask(x, x, _CMP_UNORD_Q));
}
OP bool any_nan_f32(m_f32 nan) { return nan != 0; }
OP bool any_nan_f64(m_f64 nan) { return nan != 0; }

OP m_f32 less_f32(v_f32 a, v_f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
OP m_f64 less_f64(v_f64 a, v_f64 b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
OP m_f32 less_equal_f32(v_f32 a, v_f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
OP m_f64 less_equal_f64(v_f64 a, v_f64 b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
OP m_f32 and_not_f32(m_f32 no, m_f32 yes) { return (m_f32)(~no & yes); }
OP m_f64 and_not_f64(m_f64 no, m_f64 yes) { return (m_f64)(~no & yes); }
OP vi count_f32(vi counters, m_f32 m) {
  return _mm512_mask_sub_epi32(counters, m, counters, set_u8(0xFF));
}
OP vi count_f64(vi counters, m_f64 m) {
  return _mm512_mask_sub_epi64(counters, m, counters, set_u8(0xFF));
}
OP uint64_t total_f32(vi counters) { return total_u32(counters); }
OP uint64_t total_f64(vi counters) { return total_u64(counters); }

/* Stores the chosen samples, and more behind them up to a vector; the chosen ones' bytes. A
 * compressing store is slow on some processors, so the register is compressed. */
OP size_t compress_f32(uint8_t *out, v_f32 x, m_f32 chosen) {
  store_f32(out, _mm512_maskz_compress_ps(chosen, x));
  return 4 * (size_t)__builtin_popcount(chosen);
}
OP size_t compress_f64(uint8_t *out, v_f64 x, m_f64 chosen) {
  store_f64(out, _mm512_maskz_compress_pd(chosen, x));
  return 8 * (size_t)__builtin_popcount(chosen);
}
