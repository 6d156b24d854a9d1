/* SPDX-License-Identifier: Apache-2.0 */
#define TARGET SWL_TARGET_AVX2
#include "ops.h"

#define VECTOR 32

typedef __m256i vi;
typedef struct vshift {
  __m128i count;
  __m256i keep; /* for u8: the bits of a byte that are its own after a shift of 16-bit lanes */
} vshift;

OP vi load(const uint8_t *at) { return _mm256_loadu_si256((const __m256i *)(const void *)at); }
OP void store(uint8_t *at, vi x) { _mm256_storeu_si256((__m256i *)(void *)at, x); }
OP vi set_u8(uint8_t x) { return _mm256_set1_epi8((char)x); }
OP vi set_u16(uint16_t x) { return _mm256_set1_epi16((short)x); }

OP vi min_u8(vi a, vi b) { return _mm256_min_epu8(a, b); }
OP vi max_u8(vi a, vi b) { return _mm256_max_epu8(a, b); }
OP vi subs_u8(vi a, vi b) { return _mm256_subs_epu8(a, b); }
OP vi add_u8(vi a, vi b) { return _mm256_add_epi8(a, b); }
OP vi sub_u8(vi a, vi b) { return _mm256_sub_epi8(a, b); }
OP vi min_u16(vi a, vi b) { return _mm256_min_epu16(a, b); }
OP vi max_u16(vi a, vi b) { return _mm256_max_epu16(a, b); }
OP vi subs_u16(vi a, vi b) { return _mm256_subs_epu16(a, b); }
OP vi sub_u16(vi a, vi b) { return _mm256_sub_epi16(a, b); }

OP vshift set_shift(uint32_t count) {
  return (vshift){_mm_cvtsi32_si128((int)count), set_u8((uint8_t)(0xFFu >> count))};
}
OP vi shift_u16(vi x, vshift s) { return _mm256_srl_epi16(x, s.count); }
OP vi shift_u8(vi x, vshift s) { return _mm256_and_si256(shift_u16(x, s), s.keep); }

/* Samples of two vectors, none above 255, as bytes in any order. */
OP vi narrow_u16(vi a, vi b) { return _mm256_packus_epi16(a, b); }

/* 0 to 8 into as many bits. */
OP vi thermometer(vi x) {
  const vi table = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 3, 7, 15, 31, 63, 127, -1, 0, 0, 0, 0, 0, 0, 0));
  return _mm256_shuffle_epi8(table, x);
}

OP vi complement(vi x) { return _mm256_xor_si256(x, set_u8(0xFF)); }
OP vi xor3(vi a, vi b, vi c) { return _mm256_xor_si256(_mm256_xor_si256(a, b), c); }
OP vi majority(vi a, vi b, vi c) {
  vi odd = _mm256_xor_si256(a, b);
  return _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(odd, c));
}

/* Adds bit j of each byte of x to the byte counters. */
OP vi count_bit(vi counters, vi x, unsigned j) {
  vi bit = set_u8((uint8_t)(1u << j));
  return _mm256_sub_epi8(counters, _mm256_cmpeq_epi8(_mm256_and_si256(x, bit), bit));
}

/* A bit for each sample that is 0: that of its first byte's place, times 1 << ZEROS_SHIFT. */
#define ZEROS_SHIFT 0
OP uint64_t zeros_u8(vi x) {
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_setzero_si256()));
}
OP uint64_t zeros_u16(vi x) {
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(x, _mm256_setzero_si256())) & 0x55555555;
}

OP vi sum_u8(vi sum, vi x) {
  return _mm256_add_epi64(sum, _mm256_sad_epu8(x, _mm256_setzero_si256()));
}
OP vi sum_u16(vi sum, vi x) {
  vi even = _mm256_and_si256(x, _mm256_set1_epi32(0xFFFF));
  return _mm256_add_epi32(sum, _mm256_add_epi32(even, _mm256_srli_epi32(x, 16)));
}
OP vi low_u16(vi x) { return _mm256_and_si256(x, set_u16(0xFF)); }
OP vi high_u16(vi x) { return _mm256_srli_epi16(x, 8); }
OP vi dot_u16(vi sum, vi a, vi b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
OP vi square_u8(vi sum, vi x) {
  vi low = low_u16(x), high = high_u16(x);
  return dot_u16(dot_u16(sum, low, low), high, high);
}

OP uint64_t total_u64(vi x) {
  __m128i half = _mm_add_epi64(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(half, _mm_unpackhi_epi64(half, half)));
}
OP uint64_t total_u32(vi x) {
  vi even = _mm256_and_si256(x, _mm256_set1_epi64x(0xFFFFFFFF));
  return total_u64(_mm256_add_epi64(even, _mm256_srli_epi64(x, 32)));
}

typedef __m256 v_f32, m_f32;
typedef __m256d v_f64, m_f64;

OP v_f32 load_f32(const uint8_t *at) { return _mm256_loadu_ps((const float *)(const void *)at); }
OP v_f64 load_f64(const uint8_t *at) { return _mm256_loadu_pd((const double *)(const void *)at); }
OP void store_f32(uint8_t *at, v_f32 x) { _mm256_storeu_ps((float *)(void *)at, x); }
OP void store_f64(uint8_t *at, v_f64 x) { _mm256_storeu_pd((double *)(void *)at, x); }
OP v_f32 set_f32(float x) { return _mm256_set1_ps(x); }
OP v_f64 set_f64(double x) { return _mm256_set1_pd(x); }
OP v_f64 load_wide_f32(const uint8_t *at) {
  return _mm256_cvtps_pd(_mm_loadu_ps((const float *)(const void *)at));
}
OP v_f64 load_wide_f64(const uint8_t *at) { return load_f64(at); }

OP v_f32 min_f32(v_f32 a, v_f32 b) { return _mm256_min_ps(a, b); }
OP v_f64 min_f64(v_f64 a, v_f64 b) { return _mm256_min_pd(a, b); }
OP v_f32 max_f32(v_f32 a, v_f32 b) { return _mm256_max_ps(a, b); }
OP v_f64 max_f64(v_f64 a, v_f64 b) { return _mm256_max_pd(a, b); }
OP v_f64 add_f64(v_f64 a, v_f64 b) { return _mm256_add_pd(a, b); }
OP v_f64 sub_f64(v_f64 a, v_f64 b) { return _mm256_sub_pd(a, b); }
OP v_f64 mul_f64(v_f64 a, v_f64 b) { return _mm256_mul_pd(a, b); }

OP m_f32 no_nan_f32(void) { return _mm256_setzero_ps(); }
OP m_f64 no_nan_f64(void) { return _mm256_setzero_pd(); }
OP m_f32 note_nan_f32(m_f32 nan, v_f32 x) {
  return _mm256_or_ps(nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}
OP m_f64 note_nan_f64(m_f64 nan, v_f64 x) {
  return _mm256_or_pd(nan, _mm256_cmp_pd(x, x, _CMP_UNORD_Q));
}
OP bool any_nan_f32(m_f32 nan) { return _mm256_movemask_ps(nan) != 0; }
OP bool any_nan_f64(m_f64 nan) { return _mm256_movemask_pd(nan) != 0; }

OP m_f32 less_f32(v_f32 a, v_f32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
OP m_f64 less_f64(v_f64 a, v_f64 b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
OP m_f32 less_equal_f32(v_f32 a, v_f32 b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
OP m_f64 less_equal_f64(v_f64 a, v_f64 b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
OP m_f32 and_not_f32(m_f32 no, m_f32 yes) { return _mm256_andnot_ps(no, yes); }
OP m_f64 and_not_f64(m_f64 no, m_f64 yes) { return _mm256_andnot_pd(no, yes); }
OP vi count_f32(vi counters, m_f32 m) { return _mm256_sub_epi32(counters, _mm256_castps_si256(m)); }
OP vi count_f64(vi counters, m_f64 m) { return _mm256_sub_epi64(counters, _mm256_castpd_si256(m)); }
OP uint64_t total_f32(vi counters) { return total_u32(counters); }
OP uint64_t total_f64(vi counters) { return total_u64(counters); }

/* Moves the 32-bit lanes whose bit is set to the front, in order. */
OP vi compress_u32(vi x, unsigned lanes) {
  uint64_t bytes = _pdep_u64(lanes, 0x0101010101010101u) * 0xFF;
  uint64_t order = _pext_u64(0x0706050403020100u, bytes);
  return _mm256_permutevar8x32_epi32(x, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)order)));
}

/* Stores the chosen samples, and more behind them up to a vector; the chosen ones' bytes. */
OP size_t compress_f32(uint8_t *out, v_f32 x, m_f32 chosen) {
  unsigned lanes = (unsigned)_mm256_movemask_ps(chosen);
  store(out, compress_u32(_mm256_castps_si256(x), lanes));
  return 4 * (size_t)__builtin_popcount(lanes);
}
OP size_t compress_f64(uint8_t *out, v_f64 x, m_f64 chosen) {
  unsigned lanes = (unsigned)_mm256_movemask_pd(chosen);
  store(out, compress_u32(_mm256_castpd_si256(x), _pdep_u32(lanes, 0x55) * 3));
  return 8 * (size_t)__builtin_popcount(lanes);
}
