/*
 * Values of floating-point images that are not ordinary numbers, and images made to mislead the
 * search for the median.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <float.h>

#include "check.h"
#include "image_oracle.h"

#define MOST 20000

static double samples[MOST];

static void store(uint8_t *out, swl_pixel pixel, const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float narrow = (float)values[i];
    if (pixel == SWL_PIXEL_F32)
      memcpy(out + 4 * i, &narrow, 4);
    else
      memcpy(out + 8 * i, &values[i], 8);
  }
}

static void check_values(swl_pixel pixel, const double *values, size_t count) {
  static uint8_t pixels[MOST * 8];
  swl_image_layout layout = {1, count, 0, pixel, 1};
  store(pixels, pixel, values, count);
  swl_image_result expected = image_oracle(pixels, &layout, 0);
  FOR_EACH_CPU {
    for (int m = SWL_METHOD_AUTO; m <= SWL_METHOD_QUICKSELECT; m++) {
      swl_image_options options = {
          .size = sizeof options, .want = SWL_STATS_ALL, .method = (swl_image_method)m};
      swl_image_result result;
      if (m == SWL_METHOD_HISTOGRAM || (m == SWL_METHOD_BLAS && swl_blas_threading() < 0)) continue;
      TEST_NOTE("pixel %d, %zu values, method %d", pixel, count, m);
      CHECK_EQUAL(swl_image_stats(pixels, image_size(&layout), &layout, &options, &result), SWL_OK);
      image_check(&result, &expected, pixel, (swl_image_method)m);
    }
  }
}

static void check_pool(const double *pool, size_t values) {
  static const size_t counts[] = {1, 2, 3, 15, 16, 17, 64, 255, 5000, MOST};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    for (uint64_t seed = 1; seed <= 3; seed++) {
      uint64_t state = seed;
      for (size_t j = 0; j < counts[i]; j++) samples[j] = pool[test_random(&state) % values];
      check_values(SWL_PIXEL_F32, samples, counts[i]);
      check_values(SWL_PIXEL_F64, samples, counts[i]);
    }
}

TEST(image_infinities) {
  check_pool((const double[]){(double)INFINITY, 1}, 2);
  check_pool((const double[]){-(double)INFINITY, 1}, 2);
  check_pool((const double[]){-(double)INFINITY, 0, (double)INFINITY}, 3);
}

TEST(image_zeros_of_both_signs) { check_pool((const double[]){0.0, -0.0}, 2); }

TEST(image_subnormal_values) {
  check_pool((const double[]){(double)FLT_TRUE_MIN, -(double)FLT_TRUE_MIN, 0}, 3);
  check_pool((const double[]){DBL_TRUE_MIN, -DBL_TRUE_MIN * 3, 0}, 3);
}

TEST(image_nan_among_other_values) {
  check_pool((const double[]){(double)NAN, 1}, 2);
  check_pool((const double[]){(double)NAN, -(double)NAN, (double)INFINITY, 0}, 4);
}

TEST(image_one_nan_anywhere) {
  for (size_t count = 1; count < 70; count++)
    for (size_t at = 0; at < count; at++) {
      for (size_t i = 0; i < count; i++) samples[i] = (double)i;
      samples[at] = (double)NAN;
      check_values(SWL_PIXEL_F32, samples, count);
      check_values(SWL_PIXEL_F64, samples, count);
    }
}

TEST(image_sums_do_not_overflow_before_doubles_do) {
  check_pool((const double[]){(double)FLT_MAX, -(double)FLT_MAX / 2, 1}, 3);
}

/* Values that only lie where a sample of evenly spaced runs does not look, an organ pipe, sorted
 * both ways, and a sequence that makes the median of three a bad pivot every time. */
TEST(image_orders_that_mislead) {
  for (int order = 0; order < 5; order++)
    for (size_t count = MOST - 1; count <= MOST; count++) {
      for (size_t i = 0; i < count; i++) {
        size_t half = count / 2;
        switch (order) {
          case 0:
            samples[i] = (double)i;
            break;
          case 1:
            samples[i] = (double)(count - i);
            break;
          case 2:
            samples[i] = (double)(i < half ? i : count - i);
            break;
          case 3:
            samples[i] = i % 64 < 3 ? (double)i : -(double)i;
            break;
          default:
            samples[i] = (double)(i % 2 ? half + i : i < half ? i + 1 : 2 * (i - half));
            break;
        }
      }
      check_values(SWL_PIXEL_F32, samples, count);
      check_values(SWL_PIXEL_F64, samples, count);
    }
}

/* A staircase with a small slope on each stair: the sample's quantiles are far apart, most values
 * are few, and some ranks lie at the edge of a stair. */
TEST(image_medians_between_stairs) {
  for (size_t stairs = 2; stairs < 12; stairs++) {
    for (size_t i = 0; i < MOST; i++)
      samples[i] = (double)(i * stairs / MOST) * 1000 + (double)(i % 97) / 97;
    check_values(SWL_PIXEL_F32, samples, MOST);
    check_values(SWL_PIXEL_F64, samples, MOST);
  }
}
