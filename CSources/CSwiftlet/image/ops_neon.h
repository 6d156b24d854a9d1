/* SPDX-License-Identifier: Apache-2.0 */
#define TARGET
#include "ops.h"

#define VECTOR 16

typedef uint8x16_t vi;
typedef struct vshift {
  int8x16_t bytes;
  int16x8_t words;
} vshift;

/* Lanes of 16, 32 and 64 bits of a vector, and back. */
#define W(x) vreinterpretq_u16_u8(x)
#define D(x) vreinterpretq_u32_u8(x)
#define Q(x) vreinterpretq_u64_u8(x)
#define FROM_W(x) vreinterpretq_u8_u16(x)
#define FROM_D(x) vreinterpretq_u8_u32(x)
#define FROM_Q(x) vreinterpretq_u8_u64(x)

OP vi load(const uint8_t *at) { return vld1q_u8(at); }
OP void store(uint8_t *at, vi x) { vst1q_u8(at, x); }
OP vi set_u8(uint8_t x) { return vdupq_n_u8(x); }
OP vi set_u16(uint16_t x) { return FROM_W(vdupq_n_u16(x)); }

OP vi min_u8(vi a, vi b) { return vminq_u8(a, b); }
OP vi max_u8(vi a, vi b) { return vmaxq_u8(a, b); }
OP vi subs_u8(vi a, vi b) { return vqsubq_u8(a, b); }
OP vi add_u8(vi a, vi b) { return vaddq_u8(a, b); }
OP vi sub_u8(vi a, vi b) { return vsubq_u8(a, b); }
OP vi min_u16(vi a, vi b) { return FROM_W(vminq_u16(W(a), W(b))); }
OP vi max_u16(vi a, vi b) { return FROM_W(vmaxq_u16(W(a), W(b))); }
OP vi subs_u16(vi a, vi b) { return FROM_W(vqsubq_u16(W(a), W(b))); }
OP vi sub_u16(vi a, vi b) { return FROM_W(vsubq_u16(W(a), W(b))); }

/* A shift to the right is one to the left by a negative count. */
OP vshift set_shift(uint32_t count) {
  return (vshift){vdupq_n_s8((int8_t) - (int)count), vdupq_n_s16((int16_t) - (int)count)};
}
OP vi shift_u8(vi x, vshift s) { return vshlq_u8(x, s.bytes); }
OP vi shift_u16(vi x, vshift s) { return FROM_W(vshlq_u16(W(x), s.words)); }

/* Samples of two vectors, none above 255, as bytes in any order. */
OP vi narrow_u16(vi a, vi b) { return vuzp1q_u8(a, b); }

/* 0 to 8 into as many bits. */
OP vi thermometer(vi x) {
  static const uint8_t table[16] = {0, 1, 3, 7, 15, 31, 63, 127, 255};
  return vqtbl1q_u8(vld1q_u8(table), x);
}

OP vi complement(vi x) { return vmvnq_u8(x); }
OP vi xor3(vi a, vi b, vi c) { return veorq_u8(veorq_u8(a, b), c); }
OP vi majority(vi a, vi b, vi c) { return vbslq_u8(veorq_u8(a, b), c, a); }

/* Adds bit j of each byte of x to the byte counters. */
OP vi count_bit(vi counters, vi x, unsigned j) {
  return vsubq_u8(counters, vtstq_u8(x, set_u8((uint8_t)(1u << j))));
}

/* A bit for each sample that is 0: that of its first byte's place, times 1 << ZEROS_SHIFT. */
#define ZEROS_SHIFT 2
OP uint64_t zeros_u8(vi x) {
  uint8x8_t nibbles = vshrn_n_u16(W(vceqzq_u8(x)), 4);
  return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & 0x1111111111111111;
}
OP uint64_t zeros_u16(vi x) {
  uint8x8_t bytes = vmovn_u16(vceqzq_u16(W(x)));
  return vget_lane_u64(vreinterpret_u64_u8(bytes), 0) & 0x0101010101010101;
}

OP vi sum_u8(vi sum, vi x) { return FROM_Q(vpadalq_u32(Q(sum), vpaddlq_u16(vpaddlq_u8(x)))); }
OP vi sum_u16(vi sum, vi x) { return FROM_D(vpadalq_u16(D(sum), W(x))); }
OP vi low_u16(vi x) { return FROM_W(vandq_u16(W(x), vdupq_n_u16(0xFF))); }
OP vi high_u16(vi x) { return FROM_W(vshrq_n_u16(W(x), 8)); }
OP vi dot_u16(vi sum, vi a, vi b) {
  uint32x4_t low = vmlal_u16(D(sum), vget_low_u16(W(a)), vget_low_u16(W(b)));
  return FROM_D(vmlal_high_u16(low, W(a), W(b)));
}
OP vi square_u8(vi sum, vi x) {
  uint32x4_t low = vpadalq_u16(D(sum), vmull_u8(vget_low_u8(x), vget_low_u8(x)));
  return FROM_D(vpadalq_u16(low, vmull_high_u8(x, x)));
}

OP uint64_t total_u64(vi x) { return vaddvq_u64(Q(x)); }
OP uint64_t total_u32(vi x) { return vaddlvq_u32(D(x)); }

typedef float32x4_t v_f32;
typedef float64x2_t v_f64;
typedef uint32x4_t m_f32;
typedef uint64x2_t m_f64;

OP v_f32 load_f32(const uint8_t *at) { return vreinterpretq_f32_u8(vld1q_u8(at)); }
OP v_f64 load_f64(const uint8_t *at) { return vreinterpretq_f64_u8(vld1q_u8(at)); }
OP void store_f32(uint8_t *at, v_f32 x) { vst1q_u8(at, vreinterpretq_u8_f32(x)); }
OP void store_f64(uint8_t *at, v_f64 x) { vst1q_u8(at, vreinterpretq_u8_f64(x)); }
OP v_f32 set_f32(float x) { return vdupq_n_f32(x); }
OP v_f64 set_f64(double x) { return vdupq_n_f64(x); }
OP v_f64 load_wide_f32(const uint8_t *at) { return vcvt_f64_f32(vreinterpret_f32_u8(vld1_u8(at))); }
OP v_f64 load_wide_f64(const uint8_t *at) { return load_f64(at); }

OP v_f32 min_f32(v_f32 a, v_f32 b) { return vminq_f32(a, b); }
OP v_f64 min_f64(v_f64 a, v_f64 b) { return vminq_f64(a, b); }
OP v_f32 max_f32(v_f32 a, v_f32 b) { return vmaxq_f32(a, b); }
OP v_f64 max_f64(v_f64 a, v_f64 b) { return vmaxq_f64(a, b); }
OP v_f64 add_f64(v_f64 a, v_f64 b) { return vaddq_f64(a, b); }
OP v_f64 sub_f64(v_f64 a, v_f64 b) { return vsubq_f64(a, b); }
OP v_f64 mul_f64(v_f64 a, v_f64 b) { return vmulq_f64(a, b); }

/* Here a mask of what is equal to itself, that is not NaN. */
OP m_f32 no_nan_f32(void) { return vdupq_n_u32(UINT32_MAX); }
OP m_f64 no_nan_f64(void) { return vdupq_n_u64(UINT64_MAX); }
OP m_f32 note_nan_f32(m_f32 no_nan, v_f32 x) { return vandq_u32(no_nan, vceqq_f32(x, x)); }
OP m_f64 note_nan_f64(m_f64 no_nan, v_f64 x) { return vandq_u64(no_nan, vceqq_f64(x, x)); }
OP bool any_nan_f32(m_f32 no_nan) { return vminvq_u32(no_nan) == 0; }
OP bool any_nan_f64(m_f64 no_nan) { return vminvq_u32(vreinterpretq_u32_u64(no_nan)) == 0; }

OP m_f32 less_f32(v_f32 a, v_f32 b) { return vcltq_f32(a, b); }
OP m_f64 less_f64(v_f64 a, v_f64 b) { return vcltq_f64(a, b); }
OP m_f32 less_equal_f32(v_f32 a, v_f32 b) { return vcleq_f32(a, b); }
OP m_f64 less_equal_f64(v_f64 a, v_f64 b) { return vcleq_f64(a, b); }
OP m_f32 and_not_f32(m_f32 no, m_f32 yes) { return vbicq_u32(yes, no); }
OP m_f64 and_not_f64(m_f64 no, m_f64 yes) { return vbicq_u64(yes, no); }
OP vi count_f32(vi counters, m_f32 m) { return FROM_D(vsubq_u32(D(counters), m)); }
OP vi count_f64(vi counters, m_f64 m) { return FROM_Q(vsubq_u64(Q(counters), m)); }
OP uint64_t total_f32(vi counters) { return total_u32(counters); }
OP uint64_t total_f64(vi counters) { return total_u64(counters); }

/* Stores the chosen samples; their bytes. */
OP size_t compress_f32(uint8_t *out, v_f32 x, m_f32 chosen) {
  float all[4];
  uint32_t masks[4];
  size_t count = 0;
  if (vmaxvq_u32(chosen) == 0) return 0;
  vst1q_f32(all, x);
  vst1q_u32(masks, chosen);
  for (size_t i = 0; i < 4; i++)
    if (masks[i] != 0) memcpy(out + count, &all[i], 4), count += 4;
  return count;
}
OP size_t compress_f64(uint8_t *out, v_f64 x, m_f64 chosen) {
  double all[2];
  uint64_t masks[2];
  size_t count = 0;
  if (vmaxvq_u32(vreinterpretq_u32_u64(chosen)) == 0) return 0;
  vst1q_f64(all, x);
  vst1q_u64(masks, chosen);
  for (size_t i = 0; i < 2; i++)
    if (masks[i] != 0) memcpy(out + count, &all[i], 8), count += 8;
  return count;
}
