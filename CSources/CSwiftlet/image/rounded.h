/*
 * Keeps a product from being fused with the addition that follows (FMA contraction), which would
 * make the last bits depend on CPU level and compiler.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_IMAGE_ROUNDED_H
#define SWL_IMAGE_ROUNDED_H

#include "../cpu/cpu.h"

/* A register constraint where the architecture has a name for it, else a trip through memory. */
#if SWL_X86
#define SWL_ROUND(value) __asm__("" : "+x"(value))
#elif SWL_NEON
#define SWL_ROUND(value) __asm__("" : "+w"(value))
#else
#define SWL_ROUND(value) __asm__("" : "+m"(value))
#endif

static inline double swl_rounded(double value) {
  SWL_ROUND(value);
  return value;
}

#endif
