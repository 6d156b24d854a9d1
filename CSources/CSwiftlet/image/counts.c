/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

/* Samples are counted in turn in several tables, so that equal neighbours, the rule in images, do
 * not wait for each other's increment. */
#define TABLES 8

void swl_count_u8(const uint8_t *samples, size_t count, size_t step, uint64_t *counts) {
  if (count < 1024) { /* clearing and adding up the tables would cost more */
    for (size_t i = 0; i < count; i++) counts[samples[i * step]]++;
    return;
  }
  while (count > 0) {
    uint32_t tables[TABLES][256];
    size_t part = count < (size_t)1 << 31 ? count : (size_t)1 << 31;
    size_t i = 0;
    memset(tables, 0, sizeof tables);
    for (; i + TABLES <= part; i += TABLES) {
      const uint8_t *at = samples + i * step;
      tables[0][at[0]]++;
      tables[1][at[step]]++;
      tables[2][at[2 * step]]++;
      tables[3][at[3 * step]]++;
      tables[4][at[4 * step]]++;
      tables[5][at[5 * step]]++;
      tables[6][at[6 * step]]++;
      tables[7][at[7 * step]]++;
    }
    for (; i < part; i++) tables[0][samples[i * step]]++;
    for (size_t value = 0; value < 256; value++)
      for (size_t table = 0; table < TABLES; table++) counts[value] += tables[table][value];
    samples += part * step;
    count -= part;
  }
}

void swl_count_u16(const uint8_t *samples, size_t count, size_t step, uint64_t *counts) {
  for (; count > 0; count--, samples += step) counts[samples[0] | samples[1] << 8]++;
}

void swl_count_plane(const swl_plane *plane, uint64_t *counts) {
  for (size_t row = 0; row < plane->rows; row++) {
    const uint8_t *samples = plane->samples + row * plane->stride;
    if (plane->width == 1)
      swl_count_u8(samples, plane->columns, plane->step, counts);
    else
      swl_count_u16(samples, plane->columns, plane->step, counts);
  }
}

void swl_integer_result(const swl_integer_figures *figures, uint32_t want,
                        swl_image_result *result) {
  uint64_t count = figures->count, sum = figures->sum;
  result->count = count;
  if (want & SWL_STATS_RANGE) {
    result->min = figures->min;
    result->max = figures->max;
  }
  if (want & SWL_STATS_MEAN) {
    result->sum = (double)sum;
    result->mean = swl_ratio(sum, count);
  }
  if (want & SWL_STATS_VARIANCE)
    result->variance =
        swl_ratio(figures->squares * count - (swl_u128)sum * sum, (swl_u128)count * count);
  if (want & SWL_STATS_MEDIAN) result->median = (figures->middle[0] + figures->middle[1]) * 0.5;
}

void swl_counts_result(const uint64_t *counts, size_t bins, uint32_t want,
                       swl_image_result *result) {
  swl_integer_figures figures = {.min = UINT32_MAX};
  for (size_t value = 0; value < bins; value++) {
    uint64_t count = counts[value];
    if (count == 0) continue;
    if (figures.min == UINT32_MAX) figures.min = (uint32_t)value;
    figures.max = (uint32_t)value;
    figures.count += count;
    figures.sum += count * value;
    figures.squares += (swl_u128)count * (value * value);
    if (want & SWL_STATS_HISTOGRAM) result->histogram[bins == 256 ? value : value >> 8] += count;
  }
  uint64_t ranks[2] = {(figures.count - 1) / 2, figures.count / 2};
  uint64_t seen = 0;
  for (size_t value = 0, i = 0; i < 2; value++) {
    seen += counts[value];
    while (i < 2 && ranks[i] < seen) figures.middle[i++] = (uint32_t)value;
  }
  swl_integer_result(&figures, want, result);
}
