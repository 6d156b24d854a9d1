/*
 * Statistics of f32 and f64 samples.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <string.h>

#include "internal.h"
#include "rounded.h"

/* Values the pivots of a median are chosen from, how few values introselect is faster with, and
 * how often they are split before it takes what is left: an end for images made to mislead. */
#define SAMPLE 1024
#define FEW 4096
#define ROUNDS 16

/* Samples a partition kernel is given at a time. */
#define PART ((size_t)1 << 24)

static double sum_lanes(double lanes[16]) {
  for (size_t width = 8; width > 0; width /= 2)
    for (size_t i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

/* Makes the sign and payload of NaN the same whatever computed it. */
static double plain_nan(double value) { return value != value ? (double)NAN : value; }

#define REAL_TYPE float
#define REAL_NAME(name) name##_f32
#include "real_template.h"

#define REAL_TYPE double
#define REAL_NAME(name) name##_f64
#include "real_template.h"
