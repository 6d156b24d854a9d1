/*
 * The reference: what each kernel does, in plain C.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "internal.h"
#include "rounded.h"

static uint32_t read_u8(const uint8_t *at) { return at[0]; }

static uint32_t read_u16(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8; }

static double read_f32(const uint8_t *at) {
  float value;
  memcpy(&value, at, sizeof value);
  return value;
}

static double read_f64(const uint8_t *at) {
  double value;
  memcpy(&value, at, sizeof value);
  return value;
}

static void write_f32(uint8_t *at, double value) {
  float narrow = (float)value;
  memcpy(at, &narrow, sizeof narrow);
}

static void write_f64(uint8_t *at, double value) { memcpy(at, &value, sizeof value); }

#define INTEGER_KERNELS(type, width)                                                               \
  static void tally_##type(const uint8_t *samples, size_t count, unsigned what, swl_window window, \
                           swl_tally *tally) {                                                     \
    for (; count > 0; count--, samples += width) {                                                 \
      uint32_t value = read_##type(samples);                                                       \
      if (what & SWL_TALLY_RANGE) {                                                                \
        if (value < tally->min) tally->min = value;                                                \
        if (value > tally->max) tally->max = value;                                                \
      }                                                                                            \
      if (what & SWL_TALLY_SUM) tally->sum += value;                                               \
      if (what & SWL_TALLY_COUNT)                                                                  \
        for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++)                                       \
          tally->above[j] += (int64_t)value > swl_window_threshold(window, j);                     \
    }                                                                                              \
  }                                                                                                \
  static uint32_t next_##type(const uint8_t *samples, size_t count, uint32_t value) {              \
    uint32_t next = UINT32_MAX;                                                                    \
    for (; count > 0; count--, samples += width) {                                                 \
      uint32_t sample = read_##type(samples);                                                      \
      if (sample > value && sample < next) next = sample;                                          \
    }                                                                                              \
    return next;                                                                                   \
  }                                                                                                \
  static void sift_##type(const uint8_t *samples, size_t count, uint32_t low, uint32_t high,       \
                          uint64_t *counts) {                                                      \
    for (; count > 0; count--, samples += width) {                                                 \
      uint32_t value = read_##type(samples);                                                       \
      if (low <= value && value <= high) counts[value - low]++;                                    \
    }                                                                                              \
  }                                                                                                \
  static uint64_t squares_##type(const uint8_t *samples, size_t count) {                           \
    uint64_t sum = 0;                                                                              \
    for (; count > 0; count--, samples += width) {                                                 \
      uint64_t value = read_##type(samples);                                                       \
      sum += value * value;                                                                        \
    }                                                                                              \
    return sum;                                                                                    \
  }

#define REAL_KERNELS(type, width)                                                             \
  static void extent_##type(const uint8_t *samples, size_t count, unsigned what,              \
                            swl_extent *extent) {                                             \
    for (size_t i = 0; i < count; i++) {                                                      \
      double value = read_##type(samples + i * width);                                        \
      if (value != value) extent->nan = true;                                                 \
      if (what & SWL_EXTENT_RANGE) {                                                          \
        if (value < extent->min) extent->min = value;                                         \
        if (value > extent->max) extent->max = value;                                         \
      }                                                                                       \
      if (what & SWL_EXTENT_SUM) extent->lanes[i % 16] += value;                              \
    }                                                                                         \
  }                                                                                           \
  static void deviations_##type(const uint8_t *samples, size_t count, double mean,            \
                                double lanes[16]) {                                           \
    for (size_t i = 0; i < count; i++) {                                                      \
      double deviation = read_##type(samples + i * width) - mean;                             \
      lanes[i % 16] += swl_rounded(deviation * deviation);                                    \
    }                                                                                         \
  }                                                                                           \
  static void partition_##type(const uint8_t *samples, size_t count, double low, double high, \
                               swl_partition *partition) {                                    \
    for (; count > 0; count--, samples += width) {                                            \
      double value = read_##type(samples);                                                    \
      partition->below_low += value < low;                                                    \
      partition->to_low += value <= low;                                                      \
      partition->to_high += value <= high;                                                    \
      write_##type(partition->between, value);                                                \
      if (low < value && value < high) partition->between += width;                           \
    }                                                                                         \
  }

INTEGER_KERNELS(u8, 1)
INTEGER_KERNELS(u16, 2)
REAL_KERNELS(f32, 4)
REAL_KERNELS(f64, 8)

const swl_image_kernels swl_image_scalar = {
    tally_u8,       tally_u16,      next_u8,       next_u16,      sift_u8,
    sift_u16,       squares_u8,     squares_u16,   extent_f32,    extent_f64,
    deviations_f32, deviations_f64, partition_f32, partition_f64,
};
