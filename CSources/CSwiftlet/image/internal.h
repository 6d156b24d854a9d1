/*
 * What the files of the image room share. A plane is one channel of an image; the drivers
 * (integer.c, real.c) walk it in spans of adjacent samples and hand these to the kernels of the
 * CPU level, which know nothing of rows and channels.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_IMAGE_INTERNAL_H
#define SWL_IMAGE_INTERNAL_H

#include "../cpu/cpu.h"
#include "../cpu/library.h"

#pragma GCC visibility push(hidden)

__extension__ typedef unsigned __int128 swl_u128;

/* ---- exact.c: arithmetic that rounds once */

/* numerator / denominator, correctly rounded. denominator below 2^127, not 0. */
double swl_ratio(swl_u128 numerator, swl_u128 denominator);

/* ---- plane.c: where one channel's samples lie */

typedef struct swl_plane {
  const uint8_t *samples; /* the first one */
  size_t rows, columns;
  size_t stride; /* bytes from row to row */
  size_t step;   /* bytes from sample to sample in a row */
  size_t width;  /* bytes of a sample: 1, 2, 4 or 8 */
} swl_plane;

/* Bytes of a sample; 0 for a format that does not exist. */
size_t swl_pixel_size(swl_pixel pixel);

/* One channel of a valid layout, with adjacent rows joined into one. */
swl_plane swl_plane_make(const void *pixels, const swl_image_layout *layout, uint32_t channel);

/* A plane of adjacent samples. */
swl_plane swl_plane_array(const void *samples, size_t count, size_t width);

/* Bytes in which samples are gathered when they are not adjacent in the image. */
#define SWL_BLOCK_SIZE 16384

/* Walks a plane. Every span but the last has a multiple of 16 samples when samples are wider than
 * two bytes, so that the floating-point sums keep their lanes. */
typedef struct swl_spans {
  const swl_plane *plane;
  size_t row, column;
  uint8_t block[SWL_BLOCK_SIZE];
} swl_spans;

void swl_spans_begin(swl_spans *spans, const swl_plane *plane);

/* The next samples, adjacent in memory and in any alignment; their number, 0 at the end. */
size_t swl_spans_next(swl_spans *spans, const uint8_t **samples);

/* Copies about `count` samples taken evenly from the whole plane, in short runs, and returns
 * their number. The plane has at least 2 x count samples. */
size_t swl_plane_sample(const swl_plane *plane, void *out, size_t count);

/* ---- kernels: one table a CPU level */

/* Two times four thresholds: base[i] + ((j + 1) << shift) - 1 for j = 0 to 3. The second four
 * follow the first at the same distance, or anywhere above them when the shift is 0. */
typedef struct swl_window {
  uint32_t base[2];
  uint32_t shift;
} swl_window;

static inline int64_t swl_window_threshold(swl_window window, unsigned j) {
  return window.base[j / 4] + ((int64_t)(j % 4 + 1) << window.shift) - 1;
}

#define SWL_WINDOW_THRESHOLDS 8

/* What a pass over integer samples has found; passes add to it. */
typedef struct swl_tally {
  uint32_t min, max;
  uint64_t sum;
  uint64_t above[SWL_WINDOW_THRESHOLDS]; /* samples greater than the window's thresholds */
} swl_tally;

enum { SWL_TALLY_RANGE = 1, SWL_TALLY_SUM = 2, SWL_TALLY_COUNT = 4 };

typedef void swl_tally_kernel(const uint8_t *samples, size_t count, unsigned what,
                              swl_window window, swl_tally *tally);

/* The smallest sample greater than `value`, or UINT32_MAX when there is none. */
typedef uint32_t swl_next_kernel(const uint8_t *samples, size_t count, uint32_t value);

/* Counts the samples from low to high: counts[sample - low]. Made for few of them. */
typedef void swl_sift_kernel(const uint8_t *samples, size_t count, uint32_t low, uint32_t high,
                             uint64_t *counts);

/* The sum of the samples' squares; count at most 2^24. */
typedef uint64_t swl_squares_kernel(const uint8_t *samples, size_t count);

/* What a pass over floating-point samples has found. Sample i is added to lane i modulo 16. */
typedef struct swl_extent {
  double lanes[16];
  double min, max;
  bool nan; /* a sample is NaN; the rest is then without meaning */
} swl_extent;

enum { SWL_EXTENT_RANGE = 1, SWL_EXTENT_SUM = 2 };

typedef void swl_extent_kernel(const uint8_t *samples, size_t count, unsigned what,
                               swl_extent *extent);

/* Adds (x - mean)^2 to the lanes, the square rounded before it is added. */
typedef void swl_deviations_kernel(const uint8_t *samples, size_t count, double mean,
                                   double lanes[16]);

/* How samples lie to two pivots, low <= high, and where those strictly between them go. */
typedef struct swl_partition {
  uint64_t below_low; /* x < low */
  uint64_t to_low;    /* x <= low */
  uint64_t to_high;   /* x <= high */
  uint8_t *between;   /* the next free place; has room for the rest and SWL_PARTITION_SLACK */
} swl_partition;

/* Bytes behind the last sample that kernels may overwrite in `between`. */
#define SWL_PARTITION_SLACK 64

/* `between` may be the samples' own memory. count at most 2^24. No NaN. */
typedef void swl_partition_kernel(const uint8_t *samples, size_t count, double low, double high,
                                  swl_partition *partition);

typedef struct swl_image_kernels {
  swl_tally_kernel *tally_u8, *tally_u16;
  swl_next_kernel *next_u8, *next_u16;
  swl_sift_kernel *sift_u8, *sift_u16;
  swl_squares_kernel *squares_u8, *squares_u16;
  swl_extent_kernel *extent_f32, *extent_f64;
  swl_deviations_kernel *deviations_f32, *deviations_f64;
  swl_partition_kernel *partition_f32, *partition_f64;
} swl_image_kernels;

extern const swl_image_kernels swl_image_scalar;
#if SWL_X86
extern const swl_image_kernels swl_image_sse2, swl_image_avx2, swl_image_avx512;
#elif SWL_NEON
extern const swl_image_kernels swl_image_neon;
#endif

/* ---- select.c: introselect */

/* Puts the k-th smallest (from 0) at values[k], none greater before it and none smaller behind it.
 * O(count log count) at worst. */
void swl_select_u8(uint8_t *values, size_t count, size_t k);
void swl_select_u16(uint16_t *values, size_t count, size_t k);
void swl_select_f32(float *values, size_t count, size_t k);
void swl_select_f64(double *values, size_t count, size_t k);

/* ---- counts.c: everything from the number of samples of each value */

/* Counts samples `step` bytes apart into counts[256] or, for u16, counts[65536]. */
void swl_count_u8(const uint8_t *samples, size_t count, size_t step, uint64_t *counts);
void swl_count_u16(const uint8_t *samples, size_t count, size_t step, uint64_t *counts);

/* Counts a whole plane of one or two byte samples. */
void swl_count_plane(const swl_plane *plane, uint64_t *counts);

/* Fills what is wanted from counts of `bins` values, 256 or 65536; at least one is not 0. */
void swl_counts_result(const uint64_t *counts, size_t bins, uint32_t want,
                       swl_image_result *result);

/* Exact figures of integer samples, rounded into what is wanted of the result. */
typedef struct swl_integer_figures {
  uint64_t count, sum;
  swl_u128 squares;
  uint32_t min, max;
  uint32_t middle[2]; /* the two middle values, the same one twice when the count is odd */
} swl_integer_figures;

void swl_integer_result(const swl_integer_figures *figures, uint32_t want,
                        swl_image_result *result);

/* ---- drivers: one plane */

/* `want` is complete (VARIANCE has MEAN with it), `scratch` is swl_plane_scratch_size() bytes
 * aligned to 64, `result` is zeroed. */
typedef struct swl_plane_job {
  const swl_plane *plane;
  const swl_image_kernels *kernels;
  swl_image_method method;
  uint32_t want;
  void *scratch;
} swl_plane_job;

void swl_stats_integer(const swl_plane_job *job, swl_image_result *result);
void swl_stats_f32(const swl_plane_job *job, swl_image_result *result);
void swl_stats_f64(const swl_plane_job *job, swl_image_result *result);

/* ---- stats.c: validation shared with the stream */

/* Options with their defaults filled in. */
typedef struct swl_image_plan {
  uint32_t want;
  swl_image_method method;
  size_t row_size;     /* bytes of a row's own samples */
  size_t stride;       /* bytes from row to row */
  size_t image_size;   /* bytes up to the last row's end */
  size_t scratch_size; /* bytes of scratch memory, with room to align it; 0 for none */
  const swl_allocator *allocator;
} swl_image_plan;

int swl_image_plan_make(const swl_image_layout *layout, const swl_image_options *options,
                        swl_image_plan *plan);

#if SWL_WITH_BLAS
/* ---- blas.c: the sum of a plane by dot products */

uint64_t swl_blas_sum_integer(const swl_plane *plane);
double swl_blas_sum_real(const swl_plane *plane);
#endif

#pragma GCC visibility pop
#endif
