/*
 * Kernels over samples of one floating-point type, in terms of the vector operations that the file
 * including this one has brought in (ops_*.h). Included once a type: REAL is its name, REAL_TYPE
 * the C type.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define REAL_NAME(name) PASTE(name, REAL)

/* Samples in a vector, and vectors of doubles for the sixteen lanes. */
#define EACH (VECTOR / sizeof(REAL_TYPE))
#define VECTORS (16 / EACH)
#define LANES (VECTOR / sizeof(double))
#define SUMS (16 / LANES)

OP void REAL_NAME(extent_pass)(const uint8_t *samples, size_t count, unsigned what,
                               swl_extent *extent) {
  REAL_NAME(v) min[VECTORS], max[VECTORS];
  v_f64 sums[SUMS];
  REAL_NAME(m) nan = REAL_NAME(no_nan)();
  UNROLL for (size_t i = 0; i < VECTORS; i++) {
    min[i] = REAL_NAME(set)((REAL_TYPE)HUGE_VAL);
    max[i] = REAL_NAME(set)(-(REAL_TYPE)HUGE_VAL);
  }
  if (what & SWL_EXTENT_SUM) {
    UNROLL for (size_t i = 0; i < SUMS; i++) {
      sums[i] = load_f64((const uint8_t *)(extent->lanes + i * LANES));
    }
  }
  for (; count >= 16; count -= 16) {
    UNROLL for (size_t i = 0; i < VECTORS; i++) {
      REAL_NAME(v) x = REAL_NAME(load)(samples + i * VECTOR);
      nan = REAL_NAME(note_nan)(nan, x);
      if (what & SWL_EXTENT_RANGE) {
        min[i] = REAL_NAME(min)(min[i], x);
        max[i] = REAL_NAME(max)(max[i], x);
      }
    }
    if (what & SWL_EXTENT_SUM) {
      UNROLL for (size_t i = 0; i < SUMS; i++) {
        sums[i] = add_f64(sums[i], REAL_NAME(load_wide)(samples + i * LANES * sizeof(REAL_TYPE)));
      }
    }
    samples += 16 * sizeof(REAL_TYPE);
  }
  if (REAL_NAME(any_nan)(nan)) extent->nan = true;
  if (what & SWL_EXTENT_SUM) {
    UNROLL for (size_t i = 0; i < SUMS; i++) {
      store_f64((uint8_t *)(extent->lanes + i * LANES), sums[i]);
    }
  }
  if (what & SWL_EXTENT_RANGE) {
    REAL_TYPE low[16], high[16];
    UNROLL for (size_t i = 0; i < VECTORS; i++) {
      REAL_NAME(store)((uint8_t *)(low + i * EACH), min[i]);
      REAL_NAME(store)((uint8_t *)(high + i * EACH), max[i]);
    }
    for (size_t i = 0; i < 16; i++) {
      if ((double)low[i] < extent->min) extent->min = (double)low[i];
      if ((double)high[i] > extent->max) extent->max = (double)high[i];
    }
  }
  swl_image_scalar.REAL_NAME(extent)(samples, count, what, extent);
}

TARGET static void REAL_NAME(extent)(const uint8_t *samples, size_t count, unsigned what,
                                     swl_extent *extent) {
  switch (what) {
    case 0:
      REAL_NAME(extent_pass)(samples, count, 0, extent);
      return;
    case SWL_EXTENT_RANGE:
      REAL_NAME(extent_pass)(samples, count, SWL_EXTENT_RANGE, extent);
      return;
    case SWL_EXTENT_SUM:
      REAL_NAME(extent_pass)(samples, count, SWL_EXTENT_SUM, extent);
      return;
    default:
      REAL_NAME(extent_pass)(samples, count, SWL_EXTENT_RANGE | SWL_EXTENT_SUM, extent);
  }
}

TARGET static void REAL_NAME(deviations)(const uint8_t *samples, size_t count, double mean,
                                         double lanes[16]) {
  v_f64 sums[SUMS];
  v_f64 center = set_f64(mean);
  UNROLL for (size_t i = 0; i < SUMS; i++) {
    sums[i] = load_f64((const uint8_t *)(lanes + i * LANES));
  }
  for (; count >= 16; count -= 16) {
    UNROLL for (size_t i = 0; i < SUMS; i++) {
      v_f64 x = REAL_NAME(load_wide)(samples + i * LANES * sizeof(REAL_TYPE));
      v_f64 deviation = sub_f64(x, center);
      v_f64 square = mul_f64(deviation, deviation);
      SWL_ROUND(square);
      sums[i] = add_f64(sums[i], square);
    }
    samples += 16 * sizeof(REAL_TYPE);
  }
  UNROLL for (size_t i = 0; i < SUMS; i++) { store_f64((uint8_t *)(lanes + i * LANES), sums[i]); }
  swl_image_scalar.REAL_NAME(deviations)(samples, count, mean, lanes);
}

TARGET static void REAL_NAME(partition)(const uint8_t *samples, size_t count, double low,
                                        double high, swl_partition *partition) {
  REAL_NAME(v) low_pivot = REAL_NAME(set)((REAL_TYPE)low);
  REAL_NAME(v) high_pivot = REAL_NAME(set)((REAL_TYPE)high);
  vi below_low = set_u8(0), to_low = set_u8(0), to_high = set_u8(0);
  uint8_t *out = partition->between;
  for (; count >= EACH; count -= EACH, samples += VECTOR) {
    REAL_NAME(v) x = REAL_NAME(load)(samples);
    REAL_NAME(m) le_low = REAL_NAME(less_equal)(x, low_pivot);
    REAL_NAME(m) lt_high = REAL_NAME(less)(x, high_pivot);
    below_low = REAL_NAME(count)(below_low, REAL_NAME(less)(x, low_pivot));
    to_low = REAL_NAME(count)(to_low, le_low);
    to_high = REAL_NAME(count)(to_high, REAL_NAME(less_equal)(x, high_pivot));
    out += REAL_NAME(compress)(out, x, REAL_NAME(and_not)(le_low, lt_high));
  }
  partition->below_low += REAL_NAME(total)(below_low);
  partition->to_low += REAL_NAME(total)(to_low);
  partition->to_high += REAL_NAME(total)(to_high);
  partition->between = out;
  swl_image_scalar.REAL_NAME(partition)(samples, count, low, high, partition);
}

#undef PASTE_
#undef PASTE
#undef REAL_NAME
#undef EACH
#undef VECTORS
#undef LANES
#undef SUMS
#undef REAL
#undef REAL_TYPE
