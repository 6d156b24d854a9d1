/*
 * Statistics of an image as one would write them down: each sample read on its own, the median from
 * a sorted copy. Shares nothing with the library.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_ORACLE_H
#define IMAGE_ORACLE_H

#include <math.h>
#include <stdlib.h>

#include "check.h"

static inline size_t image_sample_size(swl_pixel pixel) { return (size_t)1 << pixel; }

static inline size_t image_stride(const swl_image_layout *layout) {
  size_t row = layout->columns * layout->channels * image_sample_size(layout->pixel);
  return layout->stride ? layout->stride : row;
}

static inline size_t image_size(const swl_image_layout *layout) {
  size_t row = layout->columns * layout->channels * image_sample_size(layout->pixel);
  return (layout->rows - 1) * image_stride(layout) + row;
}

static inline double image_sample(const void *pixels, const swl_image_layout *layout,
                                  uint32_t channel, size_t index) {
  size_t row = index / layout->columns, column = index % layout->columns;
  const uint8_t *at = (const uint8_t *)pixels + row * image_stride(layout) +
                      (column * layout->channels + channel) * image_sample_size(layout->pixel);
  float narrow;
  double wide;
  switch (layout->pixel) {
    case SWL_PIXEL_U8:
      return at[0];
    case SWL_PIXEL_U16:
      return at[0] + 256.0 * at[1];
    case SWL_PIXEL_F32:
      memcpy(&narrow, at, 4);
      return (double)narrow;
    default:
      memcpy(&wide, at, 8);
      return wide;
  }
}

static int image_compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double image_sum_lanes(const double *values, size_t count, double center, int power) {
  double lanes[16] = {0};
  for (size_t i = 0; i < count; i++) {
    /* volatile: the square is rounded before it is added. */
    volatile double term = power == 1 ? values[i] : (values[i] - center) * (values[i] - center);
    lanes[i % 16] += term;
  }
  for (int i = 0; i < 8; i++) lanes[i] += lanes[i + 8];
  for (int i = 0; i < 4; i++) lanes[i] += lanes[i + 4];
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

/* All statistics of one channel but the histogram of real samples, which is left 0. */
static inline swl_image_result image_oracle(const void *pixels, const swl_image_layout *layout,
                                            uint32_t channel) {
  bool integer = layout->pixel == SWL_PIXEL_U8 || layout->pixel == SWL_PIXEL_U16;
  size_t count = layout->rows * layout->columns;
  double *values = malloc(count * sizeof *values);
  swl_image_result result;
  memset(&result, 0, sizeof result);
  if (!values) abort();
  result.count = count;
  bool nan = false;
  for (size_t i = 0; i < count; i++) {
    values[i] = image_sample(pixels, layout, channel, i);
    if (isnan(values[i])) nan = true;
    if (integer)
      result
          .histogram[layout->pixel == SWL_PIXEL_U8 ? (size_t)values[i] : (size_t)values[i] / 256]++;
  }
  if (nan) {
    result.min = result.max = result.sum = result.mean = result.variance = result.median = NAN;
    free(values);
    return result;
  }
  /* Exact for integers, as long as sums of squares stay below 2^53. */
  result.sum = image_sum_lanes(values, count, 0, 1);
  result.mean = result.sum / (double)count;
  result.variance = image_sum_lanes(values, count, result.mean, 2) / (double)count;
  if (isnan(result.sum)) result.sum = result.mean = NAN;
  if (isnan(result.variance)) result.variance = NAN;
  qsort(values, count, sizeof *values, image_compare);
  /* Adding 0 turns -0 into 0. */
  result.min = values[0] + 0.0;
  result.max = values[count - 1] + 0.0;
  double middle = values[count / 2];
  result.median = (count % 2 ? middle : (values[count / 2 - 1] + middle) * 0.5) + 0.0;
  if (isnan(result.median)) result.median = NAN;
  free(values);
  return result;
}

static inline bool image_same_bits(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

/* Within some units of the last place, of doubles or where sums were added up in another order. */
static inline bool image_close(double a, double b, double tolerance) {
  return image_same_bits(a, b) || fabs(a - b) <= tolerance * fabs(b);
}

/* What of an oracle's result is expected when only `want` is asked for. */
static inline swl_image_result image_wanted(swl_image_result all, uint32_t want) {
  if (want & SWL_STATS_VARIANCE) want |= SWL_STATS_MEAN;
  if (!(want & SWL_STATS_RANGE)) all.min = all.max = 0;
  if (!(want & SWL_STATS_MEAN)) all.sum = all.mean = 0;
  if (!(want & SWL_STATS_VARIANCE)) all.variance = 0;
  if (!(want & SWL_STATS_MEDIAN)) all.median = 0;
  if (!(want & SWL_STATS_HISTOGRAM)) memset(all.histogram, 0, sizeof all.histogram);
  return all;
}

/* Checks a result against the oracle's. */
static inline void image_check(const swl_image_result *actual, const swl_image_result *expected,
                               swl_pixel pixel, swl_image_method method) {
  bool integer = pixel == SWL_PIXEL_U8 || pixel == SWL_PIXEL_U16;
  double rounding = !integer && method == SWL_METHOD_BLAS ? 1e-9 : 0;
  CHECK(actual->count == expected->count);
  CHECK(image_same_bits(actual->min, expected->min));
  CHECK(image_same_bits(actual->max, expected->max));
  CHECK(image_same_bits(actual->median, expected->median));
  CHECK(image_close(actual->sum, expected->sum, rounding));
  CHECK(image_close(actual->mean, expected->mean, rounding));
  /* The oracle's variance of integers is rounded at every step, the library's only once. */
  CHECK(image_close(actual->variance, expected->variance, integer ? 1e-12 : rounding));
  if (integer) {
    CHECK_BYTES(actual->histogram, expected->histogram, sizeof actual->histogram);
    return;
  }
  uint64_t total = 0;
  for (size_t i = 0; i < 256; i++) total += actual->histogram[i];
  CHECK(total == 0 || total == actual->count);
}

#endif
