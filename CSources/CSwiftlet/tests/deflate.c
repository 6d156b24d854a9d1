/*
 * Compressing and round trips; what only inflating has to stand is in inflate.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "allocator.h"
#include "contexts.h"

#if SWL_WITH_DEFLATE

static void check_deflates(swl_deflater *deflater, const char *text, test_cut cut,
                           const uint8_t *expected, size_t size) {
  test_buffer out = {0};
  deflate_message(deflater, text, strlen(text), cut, &out);
  CHECK_EQUAL(out.size, size);
  CHECK_BYTES(out.data, expected, size);
  test_buffer_free(&out);
}

TEST(deflate_examples_of_the_rfc) {
  static const uint8_t first[] = {0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00}; /* §7.2.3.1 */
  static const uint8_t second[] = {0xF2, 0x00, 0x11, 0x00, 0x00};            /* §7.2.3.2 */
  static const uint8_t empty[] = {0x00};                                     /* §7.2.3.6 */
  for (size_t capacity = 1; capacity <= 16; capacity++) {
    test_cut cut = {SIZE_MAX, capacity};
    TEST_NOTE("capacity %zu", capacity);
    swl_deflater *deflater = new_deflater(15, true, 0);
    check_deflates(deflater, "", cut, empty, sizeof empty);
    check_deflates(deflater, "Hello", cut, first, sizeof first);
    check_deflates(deflater, "", cut, empty, sizeof empty);
    check_deflates(deflater, "", cut, empty, sizeof empty);
    check_deflates(deflater, "Hello", cut, second, sizeof second);
    swl_deflater_reset(deflater);
    check_deflates(deflater, "Hello", cut, first, sizeof first);
    swl_deflater_free(deflater);
    deflater = new_deflater(15, false, 0);
    check_deflates(deflater, "Hello", cut, first, sizeof first);
    check_deflates(deflater, "", cut, empty, sizeof empty);
    check_deflates(deflater, "Hello", cut, first, sizeof first);
    swl_deflater_free(deflater);
  }
}

/* An empty last piece ends a message; empty pieces before it are nothing. */
TEST(deflate_empty_pieces) {
  swl_deflater *deflater = new_deflater(15, true, 0);
  swl_progress progress;
  uint8_t out[32];
  CHECK_EQUAL(swl_deflate(deflater, NULL, 0, false, NULL, 0, &progress), 1);
  CHECK_EQUAL(swl_deflate(deflater, "Hello", 5, false, out, sizeof out, &progress), 1);
  CHECK_EQUAL(progress.written, 0);
  CHECK_EQUAL(swl_deflate(deflater, NULL, 0, false, out, sizeof out, &progress), 1);
  CHECK_EQUAL(progress.written, 0);
  CHECK_EQUAL(swl_deflate(deflater, NULL, 0, true, out, sizeof out, &progress), 1);
  CHECK_EQUAL(progress.written, 7);
  CHECK_BYTES(out, "\xF2\x48\xCD\xC9\xC9\x07", 7);
  CHECK_EQUAL(swl_deflate(deflater, NULL, 0, true, NULL, 0, &progress), 0);
  CHECK_EQUAL(swl_deflate(deflater, "x", 1, true, out, sizeof out, &progress), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_deflate(deflater, NULL, 0, true, out, sizeof out, &progress), 1);
  CHECK_EQUAL(progress.written, 1);
  swl_deflater_free(deflater);
}

/* Two messages, so that the second meets a context that is not fresh. */
static void check_round_trips(int bits, bool takeover, int level, const uint8_t *data,
                              size_t size) {
  static const test_cut cuts[] = {{SIZE_MAX, 1 << 16}, {SIZE_MAX, 1}, {SIZE_MAX, 5}, {1, 2}, {7, 3},
                                  {100, 300},          {1, 1}};
  test_buffer first = {0};
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    swl_deflater *deflater = new_deflater(bits, takeover, level);
    swl_inflater *inflater = new_inflater(bits, takeover, size);
    test_buffer small = {0}, large = {0};
    for (size_t message = 0; message < 2; message++) {
      TEST_NOTE("bits %d, takeover %d, level %d, size %zu, cut %zu, message %zu", bits, takeover,
                level, size, i, message);
      size_t before = small.size;
      deflate_message(deflater, data, size, cuts[i], &small);
      large.size = 0;
      CHECK_EQUAL(
          inflate_message(inflater, small.data + before, small.size - before, cuts[i], &large), 1);
      CHECK_EQUAL(large.size, size);
      CHECK_BYTES(large.data, data, size);
    }
    /* The room there is for output changes nothing in it. */
    if (i == 0) first = small;
    if (cuts[i].piece == SIZE_MAX) {
      CHECK_EQUAL(small.size, first.size);
      CHECK_BYTES(small.data, first.data, first.size);
    }
    if (i > 0) test_buffer_free(&small);
    test_buffer_free(&large);
    swl_deflater_free(deflater);
    swl_inflater_free(inflater);
  }
  test_buffer_free(&first);
}

TEST(deflate_round_trips) {
  static const size_t sizes[] = {0, 1, 2, 3, 64, 511, 512, 513, 1024, 5000, 33000};
  static const int levels[] = {1, 3, 6, 9};
  uint8_t *json = malloc(40000), *noise = malloc(40000);
  CHECK(json != NULL && noise != NULL);
  fill_json(json, 40000, 1);
  test_fill(noise, 40000, 2);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (int bits = 9; bits <= 15; bits++) {
      /* The small sizes at all levels, the large ones at one of them. */
      for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
        if (sizes[i] > 1024 && j != (size_t)bits % 4) continue;
        check_round_trips(bits, j & 1, levels[j], json, sizes[i]);
        check_round_trips(bits, !(j & 1), levels[j], noise, sizes[i]);
      }
    }
  free(json);
  free(noise);
}

TEST(deflate_takeover_shrinks_what_was_said_before) {
  uint8_t data[1000];
  fill_json(data, sizeof data, 3);
  for (int takeover = 0; takeover <= 1; takeover++) {
    swl_deflater *deflater = new_deflater(15, takeover, 0);
    test_buffer out = {0};
    deflate_message(deflater, data, sizeof data, WHOLE, &out);
    size_t first = out.size;
    deflate_message(deflater, data, sizeof data, WHOLE, &out);
    size_t second = out.size - first;
    if (takeover) {
      CHECK(second < first / 10);
    } else {
      CHECK_EQUAL(second, first);
      CHECK_BYTES(out.data + first, out.data, first);
    }
    test_buffer_free(&out);
    swl_deflater_free(deflater);
  }
}

TEST(deflate_bound_takes_one_call) {
  enum { LARGEST = 100000 };
  uint8_t *noise = malloc(LARGEST), *out = malloc(swl_deflate_bound(LARGEST));
  CHECK(noise != NULL && out != NULL);
  test_fill(noise, LARGEST, 4);
  for (int memory_level = 1; memory_level <= 9; memory_level++) {
    swl_deflater_options options = {.size = sizeof options,
                                    .window_bits = 15,
                                    .takeover = true,
                                    .level = 1,
                                    .memory_level = memory_level};
    swl_deflater *deflater;
    CHECK_EQUAL(swl_deflater_new(&deflater, &options), 0);
    for (size_t size = 0; size <= LARGEST; size += 1 + size / 3) {
      TEST_NOTE("memory level %d, size %zu", memory_level, size);
      swl_progress progress;
      CHECK_EQUAL(swl_deflate(deflater, noise, size, true, out, swl_deflate_bound(size), &progress),
                  1);
    }
    swl_deflater_free(deflater);
  }
  CHECK_EQUAL(swl_deflate_bound(SIZE_MAX), SIZE_MAX);
  free(noise);
  free(out);
}

TEST(deflate_memory_is_what_was_said_and_no_more_per_message) {
  for (int bits = 9; bits <= 15; bits++)
    for (int takeover = 0; takeover <= 1; takeover++) {
      TEST_NOTE("bits %d, takeover %d", bits, takeover);
      test_memory memory = {0};
      swl_allocator allocator = test_allocator(&memory);
      swl_deflater_options options = {.size = sizeof options,
                                      .window_bits = bits,
                                      .takeover = takeover,
                                      .memory_level = bits - 6,
                                      .allocator = &allocator};
      swl_inflater_options inflating = {.size = sizeof inflating,
                                        .window_bits = bits,
                                        .takeover = takeover,
                                        .allocator = &allocator};
      swl_deflater *deflater;
      swl_inflater *inflater;
      CHECK_EQUAL(swl_deflater_new(&deflater, &options), 0);
      size_t said = swl_deflater_memory(&options);
      CHECK(memory.bytes <= said && said - memory.bytes < 2048);
      size_t before = memory.bytes, calls = 0;
      CHECK_EQUAL(swl_inflater_new(&inflater, &inflating), 0);
      for (size_t message = 0; message < 20; message++) {
        uint8_t data[2000];
        fill_json(data, sizeof data, message);
        test_buffer small = {0}, large = {0};
        deflate_message(deflater, data, sizeof data, WHOLE, &small);
        CHECK_EQUAL(inflate_message(inflater, small.data, small.size, WHOLE, &large), 1);
        /* zlib makes the window with the first message. */
        if (message == 0) calls = memory.calls;
        test_buffer_free(&small);
        test_buffer_free(&large);
      }
      CHECK_EQUAL(memory.calls, calls);
      said = swl_inflater_memory(&inflating);
      CHECK(memory.bytes - before <= said && said - (memory.bytes - before) < 1024);
      swl_deflater_free(deflater);
      swl_inflater_free(inflater);
      CHECK_EQUAL(memory.blocks, 0);
    }
}

TEST(deflate_contexts_without_memory) {
  for (size_t fails_at = 1;; fails_at++) {
    test_memory memory = {.fails_at = fails_at};
    swl_allocator allocator = test_allocator(&memory);
    swl_deflater_options options = {
        .size = sizeof options, .window_bits = 15, .allocator = &allocator};
    swl_deflater *deflater;
    int result = swl_deflater_new(&deflater, &options);
    CHECK_EQUAL(result, memory.failures ? SWL_ERROR_MEMORY : SWL_OK);
    CHECK_EQUAL(deflater != NULL, result == SWL_OK);
    swl_deflater_free(deflater);
    CHECK_EQUAL(memory.blocks, 0);
    if (!memory.failures) return;
  }
}

TEST(deflate_refuses_options_out_of_range) {
  const swl_deflater_options cases[] = {
      {.size = sizeof cases[0], .window_bits = 8},
      {.size = sizeof cases[0], .window_bits = 16},
      {.size = sizeof cases[0], .window_bits = 0},
      {.size = sizeof cases[0], .window_bits = 15, .level = 10},
      {.size = sizeof cases[0], .window_bits = 15, .level = -1},
      {.size = sizeof cases[0], .window_bits = 15, .memory_level = 10},
      {.size = sizeof cases[0], .window_bits = 15, .memory_level = -1},
      {.size = 1, .window_bits = 15},
  };
  swl_deflater *deflater;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    CHECK_EQUAL(swl_deflater_new(&deflater, &cases[i]), SWL_ERROR_ARGUMENT);
    CHECK_EQUAL(swl_deflater_memory(&cases[i]), 0);
  }
  CHECK_EQUAL(swl_deflater_new(&deflater, NULL), SWL_ERROR_ARGUMENT);
  swl_deflater_free(NULL);
}

#else
#include "check.h"

TEST(deflate_of_a_build_without) {
  swl_deflater_options options = {.size = sizeof options, .window_bits = 15};
  swl_deflater *deflater;
  swl_progress progress;
  CHECK_EQUAL(swl_deflater_new(&deflater, &options), SWL_ERROR_UNSUPPORTED);
  CHECK(deflater == NULL);
  CHECK_EQUAL(swl_deflate(deflater, "a", 1, true, NULL, 0, &progress), SWL_ERROR_UNSUPPORTED);
  CHECK_EQUAL(swl_deflater_memory(&options), 0);
  swl_deflater_reset(deflater);
  swl_deflater_free(deflater);
}
#endif
