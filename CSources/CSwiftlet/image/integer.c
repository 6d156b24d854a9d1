/*
 * Statistics of u8 and u16 samples. The median needs no table of counts: a pass counts the samples
 * above eight thresholds, which narrows down where the middle ranks lie. The first thresholds are
 * guessed from a sample of the pixels, but only counts over all of them decide. Minimum, maximum
 * and sum ride along with the first pass.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "internal.h"

/* Samples the guess is made from; it pays when there are some times as many. */
#define GUESS_U8 8192
#define GUESS_U16 2048
#define GUESS_WORTH 4

/* Ranks on both sides of a sample's median that the guess covers. The standard deviation is half
 * the sample's square root. */
#define DOUBT_U8 60
#define DOUBT_U16 50

/* What is left of the values is sifted when these are not more, and a small part of all samples. */
#define SIFT_VALUES 1024
#define SIFT_WORTH 50

/* What is known of the value with `rank` (from 0) in sorted order: low < value <= high, and the
 * number of samples up to each of the two. */
typedef struct bracket {
  uint64_t rank;
  int64_t low, high;
  uint64_t to_low, to_high;
} bracket;

/* The values of two ranks, lower <= upper, and the window that was counted last. */
typedef struct search {
  uint64_t count;
  bracket lower, upper;
  int64_t window_low, window_high; /* the outer thresholds */
  uint64_t in_window;              /* samples between them */
} search;

static bracket bracket_make(uint64_t rank, uint64_t count, size_t width) {
  return (bracket){rank, -1, width == 1 ? UINT8_MAX : UINT16_MAX, 0, count};
}

static bool found(const bracket *b) { return b->high - b->low == 1; }

static void narrow(bracket *b, int64_t threshold, uint64_t to_threshold) {
  if (to_threshold <= b->rank && threshold > b->low) {
    b->low = threshold;
    b->to_low = to_threshold;
  }
  if (to_threshold > b->rank && threshold < b->high) {
    b->high = threshold;
    b->to_high = to_threshold;
  }
}

static void learn(search *s, swl_window window, const uint64_t above[SWL_WINDOW_THRESHOLDS]) {
  const unsigned last = SWL_WINDOW_THRESHOLDS - 1;
  for (unsigned j = 0; j <= last; j++) {
    narrow(&s->lower, swl_window_threshold(window, j), s->count - above[j]);
    narrow(&s->upper, swl_window_threshold(window, j), s->count - above[j]);
  }
  s->window_low = swl_window_threshold(window, 0);
  s->window_high = swl_window_threshold(window, last);
  s->in_window = above[0] - above[last];
}

static swl_window window_make(int64_t base, uint32_t shift) {
  return (swl_window){
      {(uint32_t)base, (uint32_t)base + ((uint32_t)SWL_WINDOW_THRESHOLDS / 2 << shift)}, shift};
}

/* Cuts the bracket in nine: after six such windows at most a u16 is found, after three a u8. */
static swl_window window_even(const bracket *b) {
  uint32_t shift = 0;
  while ((int64_t)(SWL_WINDOW_THRESHOLDS + 1) << shift < b->high - b->low) shift++;
  return window_make(b->low + 1, shift);
}

/* The narrowest window with thresholds from `low` to `high` in it, as far as the bracket goes. */
static swl_window window_over(const bracket *b, int64_t low, int64_t high) {
  const int64_t gaps = SWL_WINDOW_THRESHOLDS - 1;
  if (low > b->high - 1) low = b->high - 1;
  if (low < b->low + 1) low = b->low + 1;
  if (high > b->high - 1) high = b->high - 1;
  if (high < low) high = low;
  uint32_t shift = 0;
  while (gaps << shift < high - low) shift++;
  int64_t spare = (gaps << shift) - (high - low);
  int64_t base = low - spare / 2 - ((int64_t)1 << shift) + 1;
  if (base < b->low + 1) base = b->low + 1;
  return window_make(base, shift);
}

/* Of the order of the square root. */
static double rough_root(uint64_t x) {
  return (double)((uint64_t)1 << (64 - __builtin_clzll(x | 1)) / 2);
}

/* A window where the rank ought to be, after the last one has shown how dense samples are. */
static swl_window window_near(const search *s, const bracket *b) {
  int64_t width = b->high - b->low;
  uint64_t missing = b->rank + 1 - b->to_low, inside = b->to_high - b->to_low;
  if (b->low < s->window_high && b->high > s->window_low) {
    /* Inside it: interpolate, give or take two standard deviations for evenly spread samples. */
    double place = (double)b->low + (double)width * (double)missing / (double)inside;
    int64_t doubt = (int64_t)((double)width / rough_root(inside)) + 1;
    return window_over(b, (int64_t)place - doubt, (int64_t)place + doubt);
  }
  /* Beside it: go on as far again as the rank is away at the same density. */
  double gap = (double)(s->window_high - s->window_low) / ((double)s->in_window + 1);
  bool right = b->low >= s->window_high;
  double reach = 2 * gap * (double)(right ? missing : inside - missing);
  int64_t steps = reach < (double)width ? (int64_t)reach + 1 : width;
  return right ? window_over(b, b->low + 1, b->low + steps)
               : window_over(b, b->high - steps, b->high - 1);
}

static void run_pass(const swl_plane *plane, swl_tally_kernel *kernel, unsigned what,
                     swl_window window, swl_tally *tally) {
  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    kernel(samples, count, what, window, tally);
}

/* Whether what is left is better looked at sample by sample: few samples, and too many values for
 * one window. */
static bool worth_sifting(const search *s, const bracket *open) {
  int64_t values = s->upper.high - open->low;
  uint64_t samples = s->upper.to_high - open->to_low;
  return values > SWL_WINDOW_THRESHOLDS + 1 && values <= SIFT_VALUES &&
         samples <= s->count / SIFT_WORTH;
}

static void sift(search *s, const bracket *open, const swl_plane *plane, swl_sift_kernel *kernel) {
  uint64_t counts[SIFT_VALUES] = {0};
  int64_t first = open->low + 1, last = s->upper.high;
  uint64_t seen = open->to_low;
  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    kernel(samples, count, (uint32_t)first, (uint32_t)last, counts);
  for (int64_t value = first; value <= last; value++) {
    seen += counts[value - first];
    narrow(&s->lower, value, seen);
    narrow(&s->upper, value, seen);
  }
}

/* When the lower value is found and the upper rank begins right behind its samples. */
static void find_next(search *s, const swl_plane *plane, swl_next_kernel *kernel) {
  uint32_t next = UINT32_MAX;
  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;) {
    uint32_t other = kernel(samples, count, (uint32_t)s->lower.high);
    if (other < next) next = other;
  }
  s->upper.low = next - 1;
  s->upper.high = next;
}

static void run_search(search *s, const swl_plane *plane, const swl_image_kernels *kernels,
                       unsigned what, bool guess, swl_tally *tally);

static bool split(swl_window window) {
  return window.base[1] != window_make(window.base[0], window.shift).base[1];
}

/* A window that holds the median of a large plane in all likelihood: from `doubt` ranks below a
 * sample's median to as many above it. */
static swl_window guess_window(const swl_plane *plane, const swl_image_kernels *kernels,
                               uint64_t doubt) {
  uint8_t samples[GUESS_U8 > 2 * GUESS_U16 ? GUESS_U8 : 2 * GUESS_U16];
  size_t count = swl_plane_sample(plane, samples, plane->width == 1 ? GUESS_U8 : GUESS_U16);
  swl_plane sample = swl_plane_array(samples, count, plane->width);
  if (doubt > count / 2) doubt = count / 2 - 1;
  search s = {.count = count,
              .lower = bracket_make(count / 2 - doubt, count, plane->width),
              .upper = bracket_make(count / 2 + doubt, count, plane->width)};
  swl_tally tally = {0};
  run_search(&s, &sample, kernels, 0, false, &tally);
  int64_t low = s.lower.high, high = s.upper.high;
  bracket all = bracket_make(0, 0, plane->width);
  swl_window window = window_over(&all, low - 1, high);
  /* Where single values hold much of the sample, as at the edges of two modes, it will be them. */
  if (window.shift > 0 && (s.lower.to_high - s.lower.to_low > doubt / 2 ||
                           s.upper.to_high - s.upper.to_low > doubt / 2)) {
    window.base[0] = (uint32_t)(low > 2 ? low - 2 : 0);
    window.base[1] = (uint32_t)(high - 2);
    window.shift = 0;
  }
  return window;
}

/* The window of a pass: first where a sample has the median, then, unless the sample shows two
 * modes and may have missed the right one, near there, and at last anywhere. */
static swl_window choose_window(const search *s, const bracket *open, unsigned pass, bool guess,
                                const swl_plane *plane, const swl_image_kernels *kernels) {
  swl_window even = window_even(open);
  uint64_t doubt = plane->width == 1 ? DOUBT_U8 : DOUBT_U16;
  if (pass == 0 && guess) return guess_window(plane, kernels, doubt);
  if (pass > 1 || even.shift == 0) return even;
  if (guess) {
    swl_window wider = guess_window(plane, kernels, 3 * doubt);
    if (split(wider)) return wider;
  }
  return pass == 0 ? even : window_near(s, open);
}

/* Finds both ranks, from a guess or without. `tally` receives what else is asked for in `what`. */
static void run_search(search *s, const swl_plane *plane, const swl_image_kernels *kernels,
                       unsigned what, bool guess, swl_tally *tally) {
  bool wide = plane->width == 2;
  for (unsigned pass = 0; !found(&s->lower) || !found(&s->upper); pass++) {
    const bracket *open = found(&s->lower) ? &s->upper : &s->lower;
    if (open == &s->upper && s->upper.rank == s->lower.to_high) {
      find_next(s, plane, wide ? kernels->next_u16 : kernels->next_u8);
      return;
    }
    if (worth_sifting(s, open)) {
      sift(s, open, plane, wide ? kernels->sift_u16 : kernels->sift_u8);
      return;
    }
    swl_window window = choose_window(s, open, pass, guess, plane, kernels);
    memset(tally->above, 0, sizeof tally->above);
    run_pass(plane, wide ? kernels->tally_u16 : kernels->tally_u8, what | SWL_TALLY_COUNT, window,
             tally);
    learn(s, window, tally->above);
    what = 0;
  }
}

/* The two middle values by introselect on a copy. */
static void select_middle(const swl_plane_job *job, uint32_t middle[2]) {
  const swl_plane *plane = job->plane;
  uint8_t *bytes = job->scratch;
  uint16_t *words = job->scratch;
  swl_spans spans;
  const uint8_t *samples;
  size_t count = 0;
  swl_spans_begin(&spans, plane);
  for (size_t more; (more = swl_spans_next(&spans, &samples)) > 0; count += more) {
    if (plane->width == 1)
      memcpy(bytes + count, samples, more);
    else
      for (size_t i = 0; i < more; i++)
        words[count + i] = (uint16_t)(samples[2 * i] | samples[2 * i + 1] << 8);
  }
  size_t ranks[2] = {count / 2, (count - 1) / 2};
  for (size_t i = 0; i < 2; i++) { /* the upper one first: the lower one then lies left of it */
    size_t range = i == 0 ? count : ranks[0] + 1;
    if (plane->width == 1) {
      swl_select_u8(bytes, range, ranks[i]);
      middle[1 - i] = bytes[ranks[i]];
    } else {
      swl_select_u16(words, range, ranks[i]);
      middle[1 - i] = words[ranks[i]];
    }
  }
}

static swl_u128 sum_squares(const swl_plane *plane, swl_squares_kernel *kernel) {
  const size_t part = (size_t)1 << 24;
  swl_u128 sum = 0;
  swl_spans spans;
  const uint8_t *samples;
  swl_spans_begin(&spans, plane);
  for (size_t count; (count = swl_spans_next(&spans, &samples)) > 0;)
    for (size_t at = 0; at < count; at += part)
      sum += kernel(samples + at * plane->width, count - at < part ? count - at : part);
  return sum;
}

/* The high bytes of u16 samples: 256 bins of 256 values. */
static swl_plane high_bytes(const swl_plane *plane) {
  swl_plane bytes = *plane;
  bytes.samples += 1;
  bytes.width = 1;
  return bytes;
}

/* Whether counting each value beats the passes of the vector kernels. */
static bool by_counts(const swl_plane_job *job) {
  if (job->method == SWL_METHOD_BLAS || job->method == SWL_METHOD_QUICKSELECT) return false;
  if (job->method == SWL_METHOD_HISTOGRAM && job->want & SWL_STATS_MEDIAN) return true;
  if (job->plane->width == 2) return false;
  if (job->want & SWL_STATS_HISTOGRAM || job->kernels == &swl_image_scalar) return true;
  return job->method != SWL_METHOD_SIMD && job->plane->step != 1;
}

static void stats_by_counts(const swl_plane_job *job, swl_image_result *result) {
  uint64_t few[256];
  size_t bins = job->plane->width == 1 ? 256 : 65536;
  uint64_t *counts = bins == 256 ? few : job->scratch;
  memset(counts, 0, bins * sizeof *counts);
  swl_count_plane(job->plane, counts);
  swl_counts_result(counts, bins, job->want, result);
}

void swl_stats_integer(const swl_plane_job *job, swl_image_result *result) {
  const swl_plane *plane = job->plane;
  const swl_image_kernels *kernels = job->kernels;
  bool wide = plane->width == 2;
  uint64_t count = (uint64_t)plane->rows * plane->columns;
  swl_integer_figures figures = {.count = count};
  swl_tally tally = {.min = UINT32_MAX};
  unsigned what = 0;

  if (by_counts(job)) {
    stats_by_counts(job, result);
    return;
  }
  if (job->want & SWL_STATS_RANGE) what |= SWL_TALLY_RANGE;
  if (job->want & SWL_STATS_MEAN && job->method != SWL_METHOD_BLAS) what |= SWL_TALLY_SUM;

  if (job->want & SWL_STATS_MEDIAN && job->method == SWL_METHOD_QUICKSELECT) {
    select_middle(job, figures.middle);
  } else if (job->want & SWL_STATS_MEDIAN) {
    search s = {.count = count,
                .lower = bracket_make((count - 1) / 2, count, plane->width),
                .upper = bracket_make(count / 2, count, plane->width)};
    bool guess = count >= GUESS_WORTH * (wide ? GUESS_U16 : GUESS_U8);
    run_search(&s, plane, kernels, what, guess, &tally);
    figures.middle[0] = (uint32_t)s.lower.high;
    figures.middle[1] = (uint32_t)s.upper.high;
    what = 0;
  }
  if (what)
    run_pass(plane, wide ? kernels->tally_u16 : kernels->tally_u8, what, (swl_window){0}, &tally);
  figures.sum = tally.sum;
  figures.min = tally.min;
  figures.max = tally.max;
#if SWL_WITH_BLAS
  if (job->want & SWL_STATS_MEAN && job->method == SWL_METHOD_BLAS)
    figures.sum = swl_blas_sum_integer(plane);
#endif
  if (job->want & SWL_STATS_VARIANCE)
    figures.squares = sum_squares(plane, wide ? kernels->squares_u16 : kernels->squares_u8);
  if (job->want & SWL_STATS_HISTOGRAM) {
    swl_plane bytes = wide ? high_bytes(plane) : *plane;
    swl_count_plane(&bytes, result->histogram);
  }
  swl_integer_result(&figures, job->want, result);
}
