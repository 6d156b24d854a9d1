/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#if SWL_WITH_BLAS
#include <cblas.h>
#include <string.h>

int swl_blas_threading(void) { return openblas_get_parallel() != 0; }

/* Each call stays far below the 10,000 elements from which OpenBLAS threads a dot product, so that
 * also a threaded build keeps to the calling thread. */
#define BLOCK_U8 4096
#define BLOCK_U16 256 /* 256 x 65535 is below 2^24: every partial sum is an exact float */
#define BLOCK_REAL 2048

static uint64_t sum_block(const float *values, size_t count, const float *ones) {
  return (uint64_t)cblas_sdot((blasint)count, values, 1, ones, 1);
}

uint64_t swl_blas_sum_integer(const swl_plane *plane) {
  float values[BLOCK_U8], ones[BLOCK_U8];
  size_t block = plane->width == 1 ? BLOCK_U8 : BLOCK_U16;
  uint64_t sum = 0;
  swl_spans spans;
  const uint8_t *samples;
  for (size_t i = 0; i < block; i++) ones[i] = 1;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    while (count > 0) {
      size_t part = count < block ? count : block;
      if (plane->width == 1)
        for (size_t i = 0; i < part; i++) values[i] = samples[i];
      else
        for (size_t i = 0; i < part; i++)
          values[i] = (float)(samples[2 * i] | samples[2 * i + 1] << 8);
      sum += sum_block(values, part, ones);
      samples += part * plane->width;
      count -= part;
    }
  return sum;
}

double swl_blas_sum_real(const swl_plane *plane) {
  double values[BLOCK_REAL], ones[BLOCK_REAL];
  double sum = 0;
  swl_spans spans;
  const uint8_t *samples;
  for (size_t i = 0; i < BLOCK_REAL; i++) ones[i] = 1;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    while (count > 0) {
      size_t part = count < BLOCK_REAL ? count : BLOCK_REAL;
      if (plane->width == 8)
        memcpy(values, samples, part * 8);
      else
        for (size_t i = 0; i < part; i++) {
          float value;
          memcpy(&value, samples + 4 * i, sizeof value);
          values[i] = (double)value;
        }
      sum += cblas_ddot((blasint)part, values, 1, ones, 1);
      samples += part * plane->width;
      count -= part;
    }
  return sum;
}
#else
int swl_blas_threading(void) { return -1; }
#endif
