/*
 * Kernels over u8 and u16 samples, in terms of the vector operations that the file including this
 * one has brought in (ops_*.h).
 *
 * Counting samples above eight thresholds costs little more than above one: a table turns the
 * number of thresholds below a sample into a byte with as many bits set, and the bits of these
 * bytes are counted in place by carry-save adders (Harley-Seal; see W. Mula, N. Kurz, D. Lemire,
 * "Faster population counts using AVX2 instructions", 2018).
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Vectors of masks that go through the adders together, and how often they may before a byte
 * counter overflows. */
#define GROUP 16
#define GROUPS_MAX 255

/* Besides SWL_TALLY_..., constants wherever they are passed. */
enum {
  TALLY_U16 = 8,      /* samples have two bytes */
  TALLY_SHIFTED = 16, /* the window's shift is not 0 */
  TALLY_SPLIT = 32    /* its second thresholds do not follow the first at the same distance */
};

typedef struct pass {
  const uint8_t *at;
  vi min, max, sum;
  vi base[2];
  vshift shift;
  vi ones, twos, fours, eights; /* counters of the masks' bits, one binary digit a vector */
  vi sixteens[SWL_WINDOW_THRESHOLDS];
} pass;

/* How many thresholds of at most `limit` that begin at `base` each sample is above. */
OP vi over(vi x, vi base, vshift shift, unsigned limit, unsigned what) {
  bool wide = what & TALLY_U16;
  x = wide ? subs_u16(x, base) : subs_u8(x, base);
  if (what & TALLY_SHIFTED) x = wide ? shift_u16(x, shift) : shift_u8(x, shift);
  return wide ? min_u16(x, set_u16((uint16_t)limit)) : min_u8(x, set_u8((uint8_t)limit));
}

/* Takes one vector of samples; for each, how many of the window's thresholds it is above. */
OP vi take(pass *p, unsigned what) {
  bool wide = what & TALLY_U16;
  vi x = load(p->at);
  p->at += VECTOR;
  if (what & SWL_TALLY_RANGE) {
    p->min = wide ? min_u16(p->min, x) : min_u8(p->min, x);
    p->max = wide ? max_u16(p->max, x) : max_u8(p->max, x);
  }
  if (what & SWL_TALLY_SUM) p->sum = wide ? sum_u16(p->sum, x) : sum_u8(p->sum, x);
  if (!(what & SWL_TALLY_COUNT)) return x;
  if (!(what & TALLY_SPLIT)) return over(x, p->base[0], p->shift, SWL_WINDOW_THRESHOLDS, what);
  return add_u8(over(x, p->base[0], p->shift, SWL_WINDOW_THRESHOLDS / 2, what),
                over(x, p->base[1], p->shift, SWL_WINDOW_THRESHOLDS / 2, what));
}

/* One vector of masks: bit j of a byte is set when its sample is above threshold j. */
OP vi masks(pass *p, unsigned what) {
  vi x = take(p, what);
  if (what & TALLY_U16) {
    vi second = take(p, what);
    if (what & SWL_TALLY_COUNT) x = narrow_u16(x, second);
  }
  return what & SWL_TALLY_COUNT ? thermometer(x) : x;
}

/* Adds two vectors to a digit of the counters; the carry is worth twice the digit. */
OP vi add(vi *digit, vi a, vi b) {
  vi carry = majority(*digit, a, b);
  *digit = xor3(*digit, a, b);
  return carry;
}

OP vi pair(pass *p, unsigned what) {
  vi a = masks(p, what);
  vi b = masks(p, what);
  return what & SWL_TALLY_COUNT ? add(&p->ones, a, b) : a;
}

OP vi quad(pass *p, unsigned what) {
  vi a = pair(p, what);
  vi b = pair(p, what);
  return what & SWL_TALLY_COUNT ? add(&p->twos, a, b) : a;
}

OP vi octet(pass *p, unsigned what) {
  vi a = quad(p, what);
  vi b = quad(p, what);
  return what & SWL_TALLY_COUNT ? add(&p->fours, a, b) : a;
}

OP void group(pass *p, unsigned what) {
  vi a = octet(p, what);
  vi b = octet(p, what);
  if (!(what & SWL_TALLY_COUNT)) return;
  vi carry = add(&p->eights, a, b);
  UNROLL for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++) {
    p->sixteens[j] = count_bit(p->sixteens[j], carry, j);
  }
}

/* Moves what may overflow into the tally. */
OP void flush(pass *p, unsigned what, swl_tally *tally) {
  if (what & SWL_TALLY_SUM) {
    tally->sum += what & TALLY_U16 ? total_u32(p->sum) : total_u64(p->sum);
    p->sum = set_u8(0);
  }
  if (what & SWL_TALLY_COUNT)
    for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++) {
      tally->above[j] += 16 * total_u64(sum_u8(set_u8(0), p->sixteens[j]));
      p->sixteens[j] = set_u8(0);
    }
}

OP void flush_digit(vi digit, unsigned weight, swl_tally *tally) {
  for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++)
    tally->above[j] += weight * total_u64(sum_u8(set_u8(0), count_bit(set_u8(0), digit, j)));
}

OP uint32_t sample_at(const uint8_t *samples, size_t at, unsigned what) {
  return samples[at] | (what & TALLY_U16 ? (uint32_t)samples[at + 1] << 8 : 0);
}

/* Room for a group's samples. */
#define GROUP_SIZE (GROUP * VECTOR * 2)

/* Puts the last samples, fewer than a group, into `padded`, filled up with the first of them, and
 * takes the filling off the tally in advance. */
OP void pad(const uint8_t *samples, size_t count, unsigned what, swl_window window,
            swl_tally *tally, uint8_t padded[GROUP_SIZE]) {
  bool wide = what & TALLY_U16;
  size_t width = wide ? 2 : 1, excess = GROUP * VECTOR - count;
  uint32_t value = sample_at(samples, 0, what);
  vi filler = wide ? set_u16((uint16_t)value) : set_u8((uint8_t)value);
  for (size_t i = 0; i < GROUP * VECTOR * width; i += VECTOR) store(padded + i, filler);
  memcpy(padded, samples, count * width);
  if (what & SWL_TALLY_SUM) tally->sum -= (uint64_t)excess * value;
  if (what & SWL_TALLY_COUNT)
    for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++)
      if ((int64_t)value > swl_window_threshold(window, j)) tally->above[j] -= excess;
}

OP uint32_t least(vi x, unsigned what) {
  uint8_t samples[VECTOR];
  uint32_t least = UINT32_MAX;
  store(samples, x);
  for (size_t at = 0; at < VECTOR; at += what & TALLY_U16 ? 2 : 1)
    if (sample_at(samples, at, what) < least) least = sample_at(samples, at, what);
  return least;
}

OP void range(const pass *p, unsigned what, swl_tally *tally) {
  uint32_t ones = what & TALLY_U16 ? UINT16_MAX : UINT8_MAX;
  uint32_t min = least(p->min, what);
  uint32_t max = ones - least(complement(p->max), what);
  if (min < tally->min) tally->min = min;
  if (max > tally->max) tally->max = max;
}

OP void tally_pass(const uint8_t *samples, size_t count, unsigned what, swl_window window,
                   swl_tally *tally) {
  bool wide = what & TALLY_U16;
  vi zero = set_u8(0);
  pass p = {.at = samples,
            .min = set_u8(UINT8_MAX),
            .max = zero,
            .sum = zero,
            .base = {wide ? set_u16((uint16_t)window.base[0]) : set_u8((uint8_t)window.base[0]),
                     wide ? set_u16((uint16_t)window.base[1]) : set_u8((uint8_t)window.base[1])},
            .shift = set_shift(window.shift),
            .ones = zero,
            .twos = zero,
            .fours = zero,
            .eights = zero};
  for (unsigned j = 0; j < SWL_WINDOW_THRESHOLDS; j++) p.sixteens[j] = zero;
  uint8_t padded[GROUP_SIZE];
  size_t groups = count / (GROUP * VECTOR), left = count % (GROUP * VECTOR);
  if (left > 0) {
    size_t whole = groups * GROUP * VECTOR * (wide ? 2 : 1);
    pad(samples + whole, left, what, window, tally, padded);
    groups++;
  }
  while (groups > 0) {
    size_t some = groups < GROUPS_MAX ? groups : GROUPS_MAX;
    groups -= some;
    for (; some > 0; some--) {
      if (left > 0 && groups + some == 1) p.at = padded;
      group(&p, what);
    }
    flush(&p, what, tally);
  }
  if (what & SWL_TALLY_COUNT) {
    flush_digit(p.ones, 1, tally);
    flush_digit(p.twos, 2, tally);
    flush_digit(p.fours, 4, tally);
    flush_digit(p.eights, 8, tally);
  }
  if (what & SWL_TALLY_RANGE) range(&p, what, tally);
}

#define TALLY_CASE(flags)                             \
  case flags:                                         \
    tally_pass(samples, count, flags, window, tally); \
    return

/* The flags that come with a window. */
OP unsigned window_flags(swl_window window) {
  bool split =
      window.base[1] != window.base[0] + ((uint32_t)SWL_WINDOW_THRESHOLDS / 2 << window.shift);
  return (window.shift > 0 ? TALLY_SHIFTED : 0u) | (split ? TALLY_SPLIT : 0u);
}

TARGET static void tally_u8(const uint8_t *samples, size_t count, unsigned what, swl_window window,
                            swl_tally *tally) {
  if (what & SWL_TALLY_COUNT) what |= window_flags(window);
  switch (what) {
    TALLY_CASE(SWL_TALLY_RANGE);
    TALLY_CASE(SWL_TALLY_SUM);
    TALLY_CASE(SWL_TALLY_RANGE | SWL_TALLY_SUM);
    TALLY_CASE(SWL_TALLY_COUNT);
    TALLY_CASE(SWL_TALLY_COUNT | TALLY_SPLIT);
    TALLY_CASE(SWL_TALLY_COUNT | SWL_TALLY_RANGE | SWL_TALLY_SUM);
    TALLY_CASE(SWL_TALLY_COUNT | SWL_TALLY_RANGE | SWL_TALLY_SUM | TALLY_SPLIT);
    TALLY_CASE(SWL_TALLY_COUNT | TALLY_SHIFTED);
    default: /* what is not worth code of its own takes two passes */
      tally_u8(samples, count, what & (SWL_TALLY_RANGE | SWL_TALLY_SUM), window, tally);
      tally_u8(samples, count, SWL_TALLY_COUNT, window, tally);
  }
}

TARGET static void tally_u16(const uint8_t *samples, size_t count, unsigned what, swl_window window,
                             swl_tally *tally) {
  /* A shift is one instruction here, and few windows are without. */
  if (what & SWL_TALLY_COUNT) what |= TALLY_SHIFTED | window_flags(window);
  switch (what | TALLY_U16) {
    TALLY_CASE(TALLY_U16 | SWL_TALLY_RANGE);
    TALLY_CASE(TALLY_U16 | SWL_TALLY_SUM);
    TALLY_CASE(TALLY_U16 | SWL_TALLY_RANGE | SWL_TALLY_SUM);
    TALLY_CASE(TALLY_U16 | TALLY_SHIFTED | SWL_TALLY_COUNT);
    TALLY_CASE(TALLY_U16 | TALLY_SHIFTED | SWL_TALLY_COUNT | TALLY_SPLIT);
    TALLY_CASE(TALLY_U16 | TALLY_SHIFTED | SWL_TALLY_COUNT | SWL_TALLY_RANGE | SWL_TALLY_SUM);
    default:
      tally_u16(samples, count, what & (SWL_TALLY_RANGE | SWL_TALLY_SUM), window, tally);
      tally_u16(samples, count, SWL_TALLY_COUNT, window, tally);
  }
}

#undef TALLY_CASE

/* Differences to the smallest value asked for wrap around below it, past those of all others. */
OP uint32_t next_pass(const uint8_t *samples, size_t count, uint32_t value, unsigned what) {
  bool wide = what & TALLY_U16;
  uint32_t first = value + 1, ones = wide ? UINT16_MAX : UINT8_MAX;
  if (value >= ones) return UINT32_MAX;
  vi base = wide ? set_u16((uint16_t)first) : set_u8((uint8_t)first);
  vi min = set_u8(UINT8_MAX);
  size_t each = wide ? VECTOR / 2 : VECTOR;
  for (; count >= each; count -= each, samples += VECTOR) {
    vi x = load(samples);
    min = wide ? min_u16(min, sub_u16(x, base)) : min_u8(min, sub_u8(x, base));
  }
  uint32_t distance = least(min, what);
  uint32_t next = distance <= ones - first ? first + distance : UINT32_MAX;
  uint32_t other = wide ? swl_image_scalar.next_u16(samples, count, value)
                        : swl_image_scalar.next_u8(samples, count, value);
  return next < other ? next : other;
}

TARGET static uint32_t next_u8(const uint8_t *samples, size_t count, uint32_t value) {
  return next_pass(samples, count, value, 0);
}

TARGET static uint32_t next_u16(const uint8_t *samples, size_t count, uint32_t value) {
  return next_pass(samples, count, value, TALLY_U16);
}

TARGET static void sift_u8(const uint8_t *samples, size_t count, uint32_t low, uint32_t high,
                           uint64_t *counts) {
  vi base = set_u8((uint8_t)low), width = set_u8((uint8_t)(high - low));
  for (; count >= VECTOR; count -= VECTOR, samples += VECTOR) {
    /* Below the base the difference wraps around and is too large as well. */
    uint64_t in = zeros_u8(subs_u8(sub_u8(load(samples), base), width));
    for (; in != 0; in &= in - 1) {
      counts[samples[(unsigned)__builtin_ctzll(in) >> ZEROS_SHIFT] - low]++;
    }
  }
  swl_image_scalar.sift_u8(samples, count, low, high, counts);
}

TARGET static void sift_u16(const uint8_t *samples, size_t count, uint32_t low, uint32_t high,
                            uint64_t *counts) {
  vi base = set_u16((uint16_t)low), width = set_u16((uint16_t)(high - low));
  for (; count >= VECTOR / 2; count -= VECTOR / 2, samples += VECTOR) {
    uint64_t in = zeros_u16(subs_u16(sub_u16(load(samples), base), width));
    for (; in != 0; in &= in - 1) {
      const uint8_t *at = samples + ((unsigned)__builtin_ctzll(in) >> ZEROS_SHIFT);
      counts[(at[0] | (uint32_t)at[1] << 8) - low]++;
    }
  }
  swl_image_scalar.sift_u16(samples, count, low, high, counts);
}

/* Vectors whose squares fit the 32-bit sums. */
#define SQUARES_MAX 4096

TARGET static uint64_t squares_u8(const uint8_t *samples, size_t count) {
  uint64_t total = 0;
  while (count >= VECTOR) {
    size_t vectors = count / VECTOR < SQUARES_MAX ? count / VECTOR : SQUARES_MAX;
    count -= vectors * VECTOR;
    vi sum = set_u8(0);
    for (; vectors > 0; vectors--, samples += VECTOR) sum = square_u8(sum, load(samples));
    total += total_u32(sum);
  }
  return total + swl_image_scalar.squares_u8(samples, count);
}

TARGET static uint64_t squares_u16(const uint8_t *samples, size_t count) {
  const size_t each = VECTOR / 2;
  uint64_t total = 0;
  while (count >= each) {
    size_t vectors = count / each < SQUARES_MAX ? count / each : SQUARES_MAX;
    count -= vectors * each;
    vi high = set_u8(0), cross = set_u8(0), low = set_u8(0);
    for (; vectors > 0; vectors--, samples += VECTOR) {
      /* (256 h + l)^2 = 65536 h^2 + 512 h l + l^2, each product in 16 bits */
      vi x = load(samples);
      vi h = high_u16(x);
      vi l = low_u16(x);
      high = dot_u16(high, h, h);
      cross = dot_u16(cross, h, l);
      low = dot_u16(low, l, l);
    }
    total += (total_u32(high) << 16) + (total_u32(cross) << 9) + total_u32(low);
  }
  return total + swl_image_scalar.squares_u16(samples, count);
}
