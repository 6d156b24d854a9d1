/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#if SWL_NEON
#include "tables.h"

#define TARGET
#define VALIDATE swl_utf8_validate_neon
#define UNMASK swl_utf8_unmask_neon
#define INLINE TARGET static inline __attribute__((always_inline))

typedef uint8x16_t vector;
#define WIDTH 16

INLINE vector repeat(uint32_t word) { return vreinterpretq_u8_u32(vdupq_n_u32(word)); }

INLINE bool beyond_ascii(vector bytes) { return vmaxvq_u8(bytes) >= 0x80; }

INLINE bool is_zero(vector bytes) { return vmaxvq_u8(bytes) == 0; }

INLINE vector lookup(const uint8_t *table, vector nibbles) {
  return vqtbl1q_u8(vld1q_u8(table), nibbles);
}

INLINE vector wrong(vector bytes, vector previous) {
  vector back1 = vextq_u8(previous, bytes, 15);
  vector back2 = vextq_u8(previous, bytes, 14);
  vector back3 = vextq_u8(previous, bytes, 13);
  vector pair = lookup(swl_utf8_first_high, vshrq_n_u8(back1, 4)) &
                lookup(swl_utf8_first_low, vandq_u8(back1, vdupq_n_u8(0x0F))) &
                lookup(swl_utf8_second_high, vshrq_n_u8(bytes, 4));
  /* The top bit is set where this is the third byte of E0.. or the fourth of F0.. */
  vector further =
      vqsubq_u8(back2, vdupq_n_u8(0xE0 - 0x80)) | vqsubq_u8(back3, vdupq_n_u8(0xF0 - 0x80));
  return vandq_u8(further, vdupq_n_u8(0x80)) ^ pair;
}

#include "kernel.h"
#endif
