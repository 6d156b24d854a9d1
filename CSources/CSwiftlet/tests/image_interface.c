/*
 * Errors, memory and streams.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check.h"
#include "guard.h"
#include "image_oracle.h"

/* An allocator that counts, and fails from the given allocation on. */
typedef struct meter {
  size_t calls, live, fail_at; /* fail_at 0: never */
} meter;

static void *meter_allocate(void *context, size_t size) {
  meter *m = context;
  if (++m->calls == m->fail_at) return NULL;
  void *memory = malloc(size);
  if (memory) m->live++;
  return memory;
}

static void *meter_reallocate(void *context, void *memory, size_t size) {
  meter *m = context;
  if (++m->calls == m->fail_at) return NULL;
  void *grown = realloc(memory, size);
  if (grown && !memory) m->live++;
  return grown;
}

static void meter_release(void *context, void *memory) {
  meter *m = context;
  if (memory) m->live--;
  free(memory);
}

static swl_allocator metered(meter *m) {
  return (swl_allocator){meter_allocate, meter_reallocate, meter_release, m};
}

static int stats(const void *pixels, size_t size, swl_image_layout layout,
                 const swl_image_options *options) {
  swl_image_result results[4];
  return swl_image_stats(pixels, size, &layout, options, results);
}

TEST(image_layouts_that_do_not_fit) {
  static const uint8_t pixels[64];
  static const struct {
    size_t size;
    swl_image_layout layout;
    int error;
  } cases[] = {
      {64, {8, 8, 0, SWL_PIXEL_U8, 1}, SWL_OK},
      {65, {8, 8, 0, SWL_PIXEL_U8, 1}, SWL_OK},
      {63, {8, 8, 0, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
      {0, {8, 8, 0, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
      {64, {2, 8, 0, SWL_PIXEL_F64, 1}, SWL_ERROR_LAYOUT},
      {64, {0, 8, 0, SWL_PIXEL_U8, 1}, SWL_ERROR_EMPTY},
      {64, {8, 0, 0, SWL_PIXEL_U8, 1}, SWL_ERROR_EMPTY},
      {0, {0, 0, 0, SWL_PIXEL_F32, 1}, SWL_ERROR_EMPTY},
      {64, {2, 8, 7, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
      {64, {2, 8, 56, SWL_PIXEL_U8, 1}, SWL_OK}, /* no gap behind the last row */
      {63, {2, 8, 56, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
      {64, {2, 8, 0, SWL_PIXEL_U8, 0}, SWL_ERROR_ARGUMENT},
      {64, {2, 8, 0, SWL_PIXEL_U8, 5}, SWL_ERROR_ARGUMENT},
      {64, {2, 8, 0, (swl_pixel)4, 1}, SWL_ERROR_ARGUMENT},
      {64, {1, SIZE_MAX, 0, SWL_PIXEL_F64, 4}, SWL_ERROR_LAYOUT},
      {64, {SIZE_MAX, SIZE_MAX, 0, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
      {64, {SIZE_MAX / 8 + 2, 8, 0, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT}, /* 8 when wrapped */
      {64, {2, 8, SIZE_MAX, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
      {SIZE_MAX, {2, 8, SIZE_MAX - 8, SWL_PIXEL_U8, 1}, SWL_ERROR_LAYOUT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK_EQUAL(stats(pixels, cases[i].size, cases[i].layout, NULL), cases[i].error);
  }
}

TEST(image_arguments_that_are_wrong) {
  static const uint8_t pixels[8];
  swl_image_layout layout = {1, 8, 0, SWL_PIXEL_U8, 1}, real = {1, 2, 0, SWL_PIXEL_F32, 1};
  swl_image_result result;
  swl_image_stream *stream;
  swl_image_options options = {.size = sizeof options - 1};
  CHECK_EQUAL(stats(pixels, 8, layout, &options), SWL_ERROR_ARGUMENT);
  options = (swl_image_options){.size = sizeof options, .want = 32};
  CHECK_EQUAL(stats(pixels, 8, layout, &options), SWL_ERROR_ARGUMENT);
  options = (swl_image_options){.size = sizeof options, .method = (swl_image_method)6};
  CHECK_EQUAL(stats(pixels, 8, layout, &options), SWL_ERROR_ARGUMENT);
  options.method = SWL_METHOD_HISTOGRAM;
  CHECK_EQUAL(stats(pixels, 8, real, &options), SWL_ERROR_UNSUPPORTED);
  options.method = SWL_METHOD_BLAS;
  CHECK_EQUAL(stats(pixels, 8, real, &options),
              swl_blas_threading() < 0 ? SWL_ERROR_UNSUPPORTED : SWL_OK);
  CHECK_EQUAL(swl_image_stats(NULL, 8, &layout, NULL, &result), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stats(pixels, 8, NULL, NULL, &result), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stats(pixels, 8, &layout, NULL, NULL), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stats_batch(NULL, 1, &layout, NULL, &result), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stream_begin(&layout, NULL, NULL), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stream_begin(NULL, NULL, &stream), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stream_update(NULL, pixels, 1), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stream_finish(NULL, &result), SWL_ERROR_ARGUMENT);
  swl_image_stream_free(NULL);
}

TEST(image_scratch_memory) {
  static uint8_t pixels[6000 * 8];
  test_fill(pixels, sizeof pixels, 3);
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_F64; p++)
    for (int m = SWL_METHOD_AUTO; m <= SWL_METHOD_QUICKSELECT; m++) {
      meter m0 = {0};
      swl_allocator allocator = metered(&m0);
      swl_image_layout layout = {60, 50, 0, (swl_pixel)p, 2};
      swl_image_options options = {
          .size = sizeof options, .method = (swl_image_method)m, .allocator = &allocator};
      swl_image_result own[2], lent[2];
      size_t size = swl_image_scratch_size(&layout, &options);
      TEST_NOTE("pixel %d, method %d, scratch %zu", p, m, size);
      if (p == SWL_PIXEL_U8 && m != SWL_METHOD_QUICKSELECT) CHECK_EQUAL(size, 0);
      int error = swl_image_stats(pixels, sizeof pixels, &layout, &options, own);
      CHECK_EQUAL(m0.live, 0);
      if (error == SWL_ERROR_UNSUPPORTED) {
        CHECK_EQUAL(size, 0);
        continue;
      }
      CHECK_EQUAL(error, SWL_OK);
      CHECK_EQUAL(m0.calls, size > 0);
      if (size == 0) continue;

      m0.calls = 0;
      m0.fail_at = 1;
      CHECK_EQUAL(swl_image_stats(pixels, sizeof pixels, &layout, &options, lent),
                  SWL_ERROR_MEMORY);

      /* Lent memory at every alignment: nothing outside it is touched, nothing allocated. */
      m0 = (meter){0};
      guard memory = guard_new(size + 8);
      for (size_t offset = 0; offset < 8; offset++) {
        options.scratch = guard_back(&memory, size + offset);
        options.scratch_size = size;
        CHECK_EQUAL(swl_image_stats(pixels, sizeof pixels, &layout, &options, lent), SWL_OK);
        CHECK_BYTES(lent, own, sizeof own);
      }
      options.scratch_size = size - 1;
      CHECK_EQUAL(swl_image_stats(pixels, sizeof pixels, &layout, &options, lent), SWL_ERROR_SPACE);
      CHECK_EQUAL(m0.calls, 0);
      guard_free(&memory);
    }
  swl_image_layout bad = {0};
  CHECK_EQUAL(swl_image_scratch_size(&bad, NULL), 0);
}

TEST(image_batch_is_one_after_the_other) {
  static uint8_t pixels[3][4000];
  const void *images[3] = {pixels[0], pixels[1], pixels[2]};
  swl_image_layout layout = {20, 50, 0, SWL_PIXEL_F32, 1};
  swl_image_result batch[3], single;
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < 1000; j++) {
      float value = (float)((j * 37 + i * 11) % 1000);
      memcpy(pixels[i] + 4 * j, &value, 4);
    }
  CHECK_EQUAL(swl_image_stats_batch(images, 3, &layout, NULL, batch), SWL_OK);
  for (size_t i = 0; i < 3; i++) {
    CHECK_EQUAL(swl_image_stats(images[i], 4000, &layout, NULL, &single), SWL_OK);
    CHECK_BYTES(&batch[i], &single, sizeof single);
  }
  images[1] = NULL;
  CHECK_EQUAL(swl_image_stats_batch(images, 3, &layout, NULL, batch), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_image_stats_batch(NULL, 0, &layout, NULL, batch), SWL_OK);
}

/* Sends the image in random pieces and expects the bits swl_image_stats() gives. */
static void check_stream(swl_image_stream *stream, const swl_image_layout *layout,
                         const swl_image_options *options, const uint8_t *pixels, uint64_t *state) {
  size_t size = image_size(layout), at = 0;
  swl_image_result whole[4], pieces[4];
  size_t most = size / 3 + 2;
  while (at < size) {
    size_t piece = test_random(state) % most;
    if (piece > size - at) piece = size - at;
    CHECK_EQUAL(swl_image_stream_update(stream, pixels + at, piece), SWL_OK);
    at += piece;
    if (at < size) CHECK_EQUAL(swl_image_stream_finish(stream, pieces), SWL_ERROR_LAYOUT);
  }
  CHECK_EQUAL(swl_image_stream_update(stream, pixels, 1), SWL_ERROR_LAYOUT);
  CHECK_EQUAL(swl_image_stream_update(stream, NULL, 0), SWL_OK);
  CHECK_EQUAL(swl_image_stream_finish(stream, pieces), SWL_OK);
  CHECK_EQUAL(swl_image_stats(pixels, size, layout, options, whole), SWL_OK);
  CHECK_BYTES(pieces, whole, layout->channels * sizeof whole[0]);
}

TEST(image_streams_equal_whole_images) {
  static uint8_t pixels[40 * 77 * 4 * 8];
  uint64_t state = 5;
  for (size_t i = 0; i < sizeof pixels / 8; i++) {
    double value = (double)(test_random(&state) % 4096) - 1000;
    memcpy(pixels + 8 * i, &value, 8);
  }
  static uint8_t narrow[40 * 77 * 4 * 4];
  for (size_t i = 0; i < sizeof narrow / 4; i++) {
    float value = (float)(test_random(&state) % 4096) / 7;
    memcpy(narrow + 4 * i, &value, 4);
  }
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_F64; p++)
    for (uint32_t channels = 1; channels <= 4; channels++)
      for (uint32_t want = 0; want <= SWL_STATS_ALL; want += 1 + want / 4) {
        meter m = {0};
        swl_allocator allocator = metered(&m);
        swl_image_layout layout = {40, 77, 0, (swl_pixel)p, channels};
        swl_image_options options = {.size = sizeof options, .want = want, .allocator = &allocator};
        swl_image_stream *stream;
        TEST_NOTE("pixel %d, %u channels, want %u", p, channels, want);
        CHECK_EQUAL(swl_image_stream_begin(&layout, &options, &stream), SWL_OK);
        for (int image = 0; image < 2; image++) /* it is ready for another one */
          check_stream(stream, &layout, &options, p == SWL_PIXEL_F32 ? narrow : pixels, &state);
        swl_image_stream_free(stream);
        CHECK_EQUAL(m.live, 0);
      }
}

TEST(image_streams_byte_by_byte) {
  static const uint8_t pixels[] = {1, 2, 3, 4, 5, 6, 250, 251, 9, 8, 7, 6};
  for (uint32_t channels = 1; channels <= 3; channels++) {
    swl_image_layout layout = {1, 6 / channels, 0, SWL_PIXEL_U16, channels};
    swl_image_result whole[3], pieces[3];
    swl_image_stream *stream;
    CHECK_EQUAL(swl_image_stream_begin(&layout, NULL, &stream), SWL_OK);
    for (size_t i = 0; i < sizeof pixels; i++)
      CHECK_EQUAL(swl_image_stream_update(stream, pixels + i, 1), SWL_OK);
    CHECK_EQUAL(swl_image_stream_finish(stream, pieces), SWL_OK);
    swl_image_stream_free(stream);
    CHECK_EQUAL(swl_image_stats(pixels, sizeof pixels, &layout, NULL, whole), SWL_OK);
    CHECK_BYTES(pieces, whole, channels * sizeof whole[0]);
  }
}

TEST(image_streams_survive_failed_allocations) {
  static const uint8_t pixels[800];
  for (int p = SWL_PIXEL_U8; p <= SWL_PIXEL_F64; p++)
    for (size_t fail_at = 1; fail_at < 6; fail_at++) {
      meter m = {.fail_at = fail_at};
      swl_allocator allocator = metered(&m);
      swl_image_layout layout = {1, 100, 0, (swl_pixel)p, 1};
      swl_image_options options = {.size = sizeof options, .allocator = &allocator};
      swl_image_stream *stream;
      swl_image_result result;
      size_t size = image_size(&layout), at = 0;
      TEST_NOTE("pixel %d, allocation %zu", p, fail_at);
      int error = swl_image_stream_begin(&layout, &options, &stream);
      if (error) {
        CHECK_EQUAL(error, SWL_ERROR_MEMORY);
        CHECK(stream == NULL);
        CHECK_EQUAL(m.live, 0);
        continue;
      }
      /* A call that failed changed nothing: made again, it goes on. */
      while (at < size) {
        error = swl_image_stream_update(stream, pixels + at, 10);
        if (error)
          CHECK_EQUAL(error, SWL_ERROR_MEMORY);
        else
          at += 10;
      }
      error = swl_image_stream_finish(stream, &result);
      if (error == SWL_ERROR_MEMORY) error = swl_image_stream_finish(stream, &result);
      CHECK_EQUAL(error, SWL_OK);
      CHECK_EQUAL(result.count, 100);
      swl_image_stream_free(stream);
      CHECK_EQUAL(m.live, 0);
    }
}

TEST(image_streams_refuse_gaps) {
  swl_image_layout layout = {2, 8, 9, SWL_PIXEL_U8, 1};
  swl_image_stream *stream;
  CHECK_EQUAL(swl_image_stream_begin(&layout, NULL, &stream), SWL_ERROR_LAYOUT);
  layout.stride = 8;
  CHECK_EQUAL(swl_image_stream_begin(&layout, NULL, &stream), SWL_OK);
  swl_image_stream_free(stream);
  layout.rows = 0;
  CHECK_EQUAL(swl_image_stream_begin(&layout, NULL, &stream), SWL_ERROR_EMPTY);
}
