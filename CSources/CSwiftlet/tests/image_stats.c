/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "guard.h"
#include "image_oracle.h"

enum { RANDOM, GRADIENT, CONSTANT, TWO, MODES, HALVES, EDGES, KINDS };

/* A value from 0 to 1 for sample `i` of `count`. */
static double shape(int kind, size_t i, size_t count, uint64_t *state) {
  double random = (double)(test_random(state) >> 11) * 0x1p-53;
  switch (kind) {
    case RANDOM:
      return random;
    case GRADIENT:
      return (double)i / (double)count;
    case CONSTANT:
      return 0.5;
    case TWO:
      return random < 0.5 ? 0.1 : 0.9;
    case MODES:
      return random < 0.5 ? random * 0.4 : 1 - (1 - random) * 0.4;
    case HALVES:
      return i % 2 ? 0.3 : 0.7;
    default:
      return random < 0.5 ? 0 : 1; /* the ends of the range */
  }
}

static void fill(uint8_t *out, swl_pixel pixel, size_t count, int kind, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  for (size_t i = 0; i < count; i++) {
    double value = shape(kind, i, count, &state);
    uint16_t word = (uint16_t)(value * 65535);
    float narrow = (float)(value * 10 - 3);
    double wide = value * 1e6 - 4e5;
    switch (pixel) {
      case SWL_PIXEL_U8:
        out[i] = (uint8_t)(value * 255);
        break;
      case SWL_PIXEL_U16:
        out[2 * i] = (uint8_t)word;
        out[2 * i + 1] = (uint8_t)(word >> 8);
        break;
      case SWL_PIXEL_F32:
        memcpy(out + 4 * i, &narrow, 4);
        break;
      case SWL_PIXEL_F64:
        memcpy(out + 8 * i, &wide, 8);
        break;
    }
  }
}

static bool supported(swl_pixel pixel, swl_image_method method) {
  if (method == SWL_METHOD_BLAS) return swl_blas_threading() >= 0;
  return method != SWL_METHOD_HISTOGRAM || pixel == SWL_PIXEL_U8 || pixel == SWL_PIXEL_U16;
}

/* Runs every method at every level and checks that all give what the oracle gives. */
static void check_all(const uint8_t *pixels, const swl_image_layout *layout, uint32_t want) {
  swl_image_result expected[4], results[4], reference[4];
  for (uint32_t c = 0; c < layout->channels; c++)
    expected[c] = image_wanted(image_oracle(pixels, layout, c), want);
  bool first = true;
  FOR_EACH_CPU {
    for (int m = SWL_METHOD_AUTO; m <= SWL_METHOD_QUICKSELECT; m++) {
      swl_image_method method = (swl_image_method)m;
      swl_image_options options = {.size = sizeof options, .want = want, .method = method};
      int error = swl_image_stats(pixels, image_size(layout), layout, &options, results);
      TEST_NOTE("pixel %d, %zu x %zu x %u, stride %zu, method %d, want %u", layout->pixel,
                layout->rows, layout->columns, layout->channels, layout->stride, m, want);
      CHECK_EQUAL(error, supported(layout->pixel, method) ? SWL_OK : SWL_ERROR_UNSUPPORTED);
      if (error) continue;
      for (uint32_t c = 0; c < layout->channels; c++)
        image_check(&results[c], &expected[c], layout->pixel, method);
      size_t size = layout->channels * sizeof results[0];
      if (first) memcpy(reference, results, size);
      first = false;
      if (method != SWL_METHOD_BLAS) CHECK_BYTES(results, reference, size);
    }
  }
}

static void check_line(const uint8_t *pixels, swl_pixel pixel, size_t count) {
  swl_image_layout layout = {1, count, 0, pixel, 1};
  check_all(pixels, &layout, SWL_STATS_ALL);
}

static void check_short_lines(swl_pixel pixel) {
  const size_t most = 256;
  size_t width = image_sample_size(pixel);
  guard memory = guard_new(most * width);
  for (size_t count = 1; count <= most; count++) {
    uint8_t *at = guard_back(&memory, count * width); /* every alignment to samples comes along */
    fill(at, pixel, count, (int)(count % KINDS), count);
    check_line(at, pixel, count);
    at = guard_front(&memory);
    fill(at, pixel, count, RANDOM, count + 1000);
    check_line(at, pixel, count);
  }
  guard_free(&memory);
}

TEST(image_short_lines_u8) { check_short_lines(SWL_PIXEL_U8); }
TEST(image_short_lines_u16) { check_short_lines(SWL_PIXEL_U16); }
TEST(image_short_lines_f32) { check_short_lines(SWL_PIXEL_F32); }
TEST(image_short_lines_f64) { check_short_lines(SWL_PIXEL_F64); }

static void check_long_lines(swl_pixel pixel) {
  static const size_t counts[] = {1000, 4096, 4097, 9999, 33000, 70001};
  size_t width = image_sample_size(pixel);
  guard memory = guard_new(70001 * width);
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    for (int kind = 0; kind < KINDS; kind++) {
      uint8_t *at = guard_back(&memory, counts[i] * width);
      fill(at, pixel, counts[i], kind, i);
      check_line(at, pixel, counts[i]);
    }
  guard_free(&memory);
}

TEST(image_long_lines_u8) { check_long_lines(SWL_PIXEL_U8); }
TEST(image_long_lines_u16) { check_long_lines(SWL_PIXEL_U16); }
TEST(image_long_lines_f32) { check_long_lines(SWL_PIXEL_F32); }
TEST(image_long_lines_f64) { check_long_lines(SWL_PIXEL_F64); }

TEST(image_every_alignment) {
  guard memory = guard_new(5000 * 8 + 64);
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_F64; p++) {
    size_t size = 5000 * image_sample_size((swl_pixel)p);
    for (size_t offset = 0; offset < 64; offset += offset < 17 ? 1 : 9) {
      uint8_t *at = guard_back(&memory, size + offset);
      fill(at, (swl_pixel)p, 5000, RANDOM, offset);
      check_line(at, (swl_pixel)p, 5000);
    }
  }
  guard_free(&memory);
}

TEST(image_what_is_not_asked_for_is_0) {
  guard memory = guard_new(3001 * 8);
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_F64; p++) {
    uint8_t *at = guard_back(&memory, 3001 * image_sample_size((swl_pixel)p));
    swl_image_layout layout = {1, 3001, 0, (swl_pixel)p, 1};
    fill(at, (swl_pixel)p, 3001, RANDOM, 7);
    for (uint32_t want = 1; want <= SWL_STATS_ALL; want++) check_all(at, &layout, want);
  }
  guard_free(&memory);
}

TEST(image_rows_with_gaps_and_channels) {
  static const struct {
    size_t rows, columns, gap;
  } cases[] = {{1, 1, 0},   {2, 1, 1},   {7, 5, 3},   {3, 256, 0},  {5, 256, 1},
               {4, 272, 9}, {9, 301, 2}, {50, 64, 8}, {200, 3, 20}, {33, 400, 5}};
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_F64; p++)
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
      for (uint32_t channels = 1; channels <= 4; channels++) {
        swl_image_layout layout = {cases[i].rows, cases[i].columns, 0, (swl_pixel)p, channels};
        if (cases[i].gap) layout.stride = image_stride(&layout) + cases[i].gap;
        size_t size = image_size(&layout), width = image_sample_size((swl_pixel)p);
        guard memory = guard_new(size);
        uint8_t *at = guard_back(&memory, size);
        memset(at, 0xFF, size); /* NaN in the gaps: they must not be read as samples */
        for (size_t row = 0; row < layout.rows; row++)
          fill(at + row * image_stride(&layout), (swl_pixel)p, layout.columns * channels,
               (int)((row + i) % KINDS), row * width);
        check_all(at, &layout, SWL_STATS_ALL);
        guard_free(&memory);
      }
}

/* Counts pass the largest flush of every counter in the kernels. */
TEST(image_large_constant_images) {
  const size_t count = (size_t)3 << 20;
  guard memory = guard_new(count * 2);
  memset(memory.start, 0xFF, count * 2);
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_U16; p++) {
    swl_image_layout layout = {1, count, 0, (swl_pixel)p, 1};
    double top = p == SWL_PIXEL_U8 ? 255 : 65535;
    FOR_EACH_CPU {
      swl_image_options options = {.size = sizeof options,
                                   .want = SWL_STATS_BASIC | SWL_STATS_VARIANCE};
      swl_image_result result;
      CHECK_EQUAL(swl_image_stats(memory.start, count * 2, &layout, &options, &result), SWL_OK);
      CHECK(result.min == top && result.max == top && result.median == top && result.mean == top);
      CHECK(result.sum == top * (double)count && result.variance == 0);
    }
  }
  guard_free(&memory);
}

TEST(image_variance_is_rounded_once) {
  /* Values 0, 0, 1: 2/9. And a large mean with a small spread, where a textbook formula in double
   * has no correct digit left. */
  static const uint8_t thirds[] = {0, 0, 1};
  static const uint8_t near[] = {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  swl_image_options options = {.size = sizeof options, .want = SWL_STATS_VARIANCE};
  FOR_EACH_CPU {
    for (int m = SWL_METHOD_AUTO; m <= SWL_METHOD_SIMD; m++) {
      swl_image_result result;
      options.method = (swl_image_method)m;
      swl_image_layout layout = {1, 3, 0, SWL_PIXEL_U8, 1};
      CHECK_EQUAL(swl_image_stats(thirds, 3, &layout, &options, &result), SWL_OK);
      CHECK(result.variance == 2.0 / 9.0);
      layout.pixel = SWL_PIXEL_U16;
      CHECK_EQUAL(swl_image_stats(near, 6, &layout, &options, &result), SWL_OK);
      CHECK(result.variance == 2.0 / 9.0);
    }
  }
}
