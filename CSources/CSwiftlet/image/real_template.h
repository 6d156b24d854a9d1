/*
 * Statistics of one floating-point type; real.c includes this once a type. The median is narrowed
 * down (after R. W. Floyd and R. L. Rivest, "Expected time bounds for selection", 1975): of two
 * pivots from a sample of the values few others lie between, and these are narrowed again. What is
 * left in the end, or does not shrink, goes to introselect.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The search for the values of two ranks, equal or adjacent. What is still searched through are
 * the values with low < value < high: the whole plane at first, then a copy in scratch memory. */
typedef struct REAL_NAME(search) {
  const swl_plane_job *job;
  swl_plane values;
  uint64_t count;  /* of these values */
  uint64_t before; /* values of the plane that are in front of them in sorted order */
  REAL_TYPE low, high;
  uint64_t rank[2]; /* in the plane */
  bool found[2];
  REAL_TYPE value[2];
} REAL_NAME(search);

/* Splits the values by two pivots and keeps those between; true when the ranks that are not found
 * yet are among them. */
static bool REAL_NAME(split)(REAL_NAME(search) * s, REAL_TYPE low, REAL_TYPE high) {
  swl_partition partition = {.between = s->job->scratch};
  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, &s->values);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    for (size_t at = 0; at < count; at += PART)
      s->job->kernels->REAL_NAME(partition)(samples + at * sizeof(REAL_TYPE),
                                            count - at < PART ? count - at : PART, (double)low,
                                            (double)high, &partition);
  uint64_t below_low = s->before + partition.below_low;
  uint64_t to_low = s->before + partition.to_low;
  uint64_t to_high = s->before + partition.to_high;
  uint64_t between = (uint64_t)(partition.between - (uint8_t *)s->job->scratch) / sizeof(REAL_TYPE);

  for (size_t i = 0; i < 2; i++) {
    uint64_t rank = s->rank[i];
    if (s->found[i] || (rank >= to_low && rank < to_low + between)) continue;
    if (rank < below_low || rank >= to_high) {
      /* The sample misled: begin anew on the side where the rank is. */
      if (rank < below_low)
        s->high = low;
      else
        s->low = high;
      s->values = *s->job->plane;
      s->count = s->job->plane->rows * s->job->plane->columns;
      s->before = 0;
      return false;
    }
    s->found[i] = true;
    s->value[i] = rank < to_low ? low : high;
  }
  s->values = swl_plane_array(s->job->scratch, between, sizeof(REAL_TYPE));
  s->count = between;
  s->before = to_low;
  s->low = low;
  s->high = high;
  return true;
}

static void REAL_NAME(choose_pivots)(const REAL_NAME(search) * s, REAL_TYPE pivots[2]) {
  REAL_TYPE sample[SAMPLE];
  size_t size = swl_plane_sample(&s->values, sample, SAMPLE);
  size_t doubt = 48; /* three standard deviations of a rank in the middle of 1024 */
  uint64_t rank = s->rank[s->found[0] ? 1 : 0] - s->before;
  size_t place = (size_t)((double)rank * (double)size / (double)s->count);
  pivots[0] = s->low;
  pivots[1] = s->high;
  if (place + doubt < size) {
    REAL_NAME(swl_select)(sample, size, place + doubt);
    pivots[1] = sample[place + doubt];
    size = place + doubt + 1;
  }
  if (place >= doubt) {
    REAL_NAME(swl_select)(sample, size, place - doubt);
    pivots[0] = sample[place - doubt];
  }
}

static void REAL_NAME(select_rest)(REAL_NAME(search) * s) {
  REAL_TYPE *values = s->job->scratch;
  if (s->values.samples != (const uint8_t *)values) {
    swl_spans spans;
    const uint8_t *samples;
    uint8_t *out = s->job->scratch;
    swl_spans_begin(&spans, &s->values);
    for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;) {
      memcpy(out, samples, count * sizeof(REAL_TYPE));
      out += count * sizeof(REAL_TYPE);
    }
  }
  size_t range = (size_t)s->count;
  for (size_t i = 2; i-- > 0;) { /* the upper one first: the lower one then lies left of it */
    if (s->found[i]) continue;
    size_t k = (size_t)(s->rank[i] - s->before);
    REAL_NAME(swl_select)(values, range, k);
    s->value[i] = values[k];
    range = k + 1;
  }
}

static double REAL_NAME(median)(const swl_plane_job *job) {
  uint64_t count = (uint64_t)job->plane->rows * job->plane->columns;
  REAL_NAME(search)
  s = {
      .job = job,
      .values = *job->plane,
      .count = count,
      .low = (REAL_TYPE)-HUGE_VAL,
      .high = (REAL_TYPE)HUGE_VAL,
      .rank = {(count - 1) / 2, count / 2},
  };
  bool misled = false;
  if (job->method != SWL_METHOD_QUICKSELECT)
    for (int round = 0; s.count > FEW && round < ROUNDS; round++) {
      REAL_TYPE pivots[2] = {s.low, s.high};
      uint64_t before = s.count;
      if (!misled) REAL_NAME(choose_pivots)(&s, pivots);
      bool had_misled = misled;
      misled = !REAL_NAME(split)(&s, pivots[0], pivots[1]);
      if (s.found[0] && s.found[1]) break;
      if (!misled && !had_misled && s.count > before / 2) break;
    }
  if (!s.found[0] || !s.found[1]) REAL_NAME(select_rest)(&s);
  /* One middle value is not averaged with itself: its double may be infinite. */
  if (s.rank[0] == s.rank[1]) return (double)s.value[0];
  return ((double)s.value[0] + (double)s.value[1]) * 0.5;
}

/* The bins of numpy.histogram(bins=256): the quotient finds the bin, the edges as numpy rounds them
 * decide. */
static void REAL_NAME(histogram)(const swl_plane *plane, double min, double max,
                                 uint64_t bins[256]) {
  REAL_TYPE first = (REAL_TYPE)min, last = (REAL_TYPE)max;
  if (first == last) {
    first -= (REAL_TYPE)0.5;
    last += (REAL_TYPE)0.5;
  }
  REAL_TYPE width = last - first;
  REAL_TYPE step = width / 256;
  if (width == 0) { /* so large that a half more is the same */
    bins[128] = (uint64_t)plane->rows * plane->columns;
    return;
  }
  if (!(width < (REAL_TYPE)HUGE_VAL)) return; /* numpy has no bins for it either */
  REAL_TYPE edges[257];
  for (int i = 0; i < 256; i++) {
    double offset =
        (double)(REAL_TYPE)(step == 0 ? (REAL_TYPE)i / 256 * width : (REAL_TYPE)i * step);
    edges[i] = (REAL_TYPE)swl_rounded(offset) + first;
  }
  edges[256] = last;

  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    for (size_t i = 0; i < count; i++) {
      REAL_TYPE value;
      memcpy(&value, samples + i * sizeof value, sizeof value);
      int bin = (int)((value - first) / width * 256);
      if (bin > 255) bin = 255;
      if (value < edges[bin])
        bin--;
      else if (bin < 255 && value >= edges[bin + 1])
        bin++;
      bins[bin]++;
    }
}

void REAL_NAME(swl_stats)(const swl_plane_job *job, swl_image_result *result) {
  const swl_plane *plane = job->plane;
  uint64_t count = (uint64_t)plane->rows * plane->columns;
  uint32_t want = job->want;
  swl_extent extent = {.min = HUGE_VAL, .max = -HUGE_VAL};
  bool blas = want & SWL_STATS_MEAN && job->method == SWL_METHOD_BLAS;
  unsigned what = 0;
  if (want & (SWL_STATS_RANGE | SWL_STATS_HISTOGRAM)) what |= SWL_EXTENT_RANGE;
  if (want & SWL_STATS_MEAN && !blas) what |= SWL_EXTENT_SUM;

  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, plane);
  for (size_t more; (more = swl_spans_next(&spans, &samples)) > 0;)
    job->kernels->REAL_NAME(extent)(samples, more, what, &extent);

  /* Adding 0 makes a negative zero positive: which of two equal zeros is the least is chance. */
  result->count = count;
  double min = extent.min + 0.0, max = extent.max + 0.0;
  double sum = sum_lanes(extent.lanes);
#if SWL_WITH_BLAS
  if (blas) sum = swl_blas_sum_real(plane);
#endif
  double mean = sum / (double)count;
  if (want & SWL_STATS_RANGE) {
    result->min = extent.nan ? NAN : min;
    result->max = extent.nan ? NAN : max;
  }
  if (want & SWL_STATS_MEAN) {
    result->sum = extent.nan ? NAN : plain_nan(sum);
    result->mean = extent.nan ? NAN : plain_nan(mean);
  }
  if (want & SWL_STATS_VARIANCE) {
    double lanes[16] = {0};
    swl_spans_begin(&spans, plane);
    for (size_t more; (more = swl_spans_next(&spans, &samples)) > 0;)
      job->kernels->REAL_NAME(deviations)(samples, more, mean, lanes);
    result->variance = extent.nan ? NAN : plain_nan(sum_lanes(lanes) / (double)count);
  }
  if (want & SWL_STATS_MEDIAN)
    result->median = extent.nan ? NAN : plain_nan(REAL_NAME(median)(job) + 0.0);
  if (want & SWL_STATS_HISTOGRAM && !extent.nan && min > -HUGE_VAL && max < HUGE_VAL)
    REAL_NAME(histogram)(plane, min, max, result->histogram);
}

#undef REAL_TYPE
#undef REAL_NAME
