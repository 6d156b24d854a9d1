/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

/* 2^-exponent for 0 <= exponent < 1023. */
static double power_of_half(unsigned exponent) {
  uint64_t bits = (uint64_t)(1023 - exponent) << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

double swl_ratio(swl_u128 numerator, swl_u128 denominator) {
  const uint64_t exact = (uint64_t)1 << 53; /* integers up to here are doubles */
  if (numerator <= exact && denominator <= exact)
    return (double)(uint64_t)numerator / (double)(uint64_t)denominator;

  /* Long division until the quotient has more bits than a double and the remainder only says on
   * which side of a tie it lies. */
  swl_u128 quotient = numerator / denominator;
  swl_u128 remainder = numerator % denominator;
  unsigned exponent = 0;
  if (numerator == 0) return 0;
  while (quotient >> 55 == 0) {
    remainder <<= 1;
    quotient <<= 1;
    if (remainder >= denominator) {
      remainder -= denominator;
      quotient |= 1;
    }
    exponent++;
  }
  quotient |= remainder != 0;
  return (double)quotient * power_of_half(exponent);
}
