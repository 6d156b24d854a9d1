/*
 * What a peer may send, well meant or not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "allocator.h"
#include "contexts.h"

#if SWL_WITH_DEFLATE
#include <zlib.h>

/* Inflates a message of a fresh context and checks its text. */
static void check_inflates(const void *data, size_t size, const char *text) {
  static const test_cut cuts[] = {{SIZE_MAX, 64}, {1, 1}, {2, 3}, {3, 64}};
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    TEST_NOTE("%s, cut %zu", text, i);
    swl_inflater *inflater = new_inflater(15, true, strlen(text));
    test_buffer out = {0};
    CHECK_EQUAL(inflate_message(inflater, data, size, cuts[i], &out), 1);
    CHECK_EQUAL(out.size, strlen(text));
    CHECK_BYTES(out.data, text, out.size);
    test_buffer_free(&out);
    swl_inflater_free(inflater);
  }
}

TEST(inflate_examples_of_the_rfc) {
  check_inflates("\xF2\x48\xCD\xC9\xC9\x07\x00", 7, "Hello");                  /* §7.2.3.1 */
  check_inflates("\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", 11, "Hello"); /* §7.2.3.3 */
  check_inflates("\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8, "Hello");              /* §7.2.3.4 */
  check_inflates("\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", 13, "Hello"); /* .3.5 */
  check_inflates("\x00", 1, ""); /* §7.2.3.6 */
}

/* A message that just fills the room it has is complete with the same call. */
TEST(inflate_needs_no_more_room_than_the_message) {
  swl_inflater *inflater = new_inflater(15, true, 0);
  uint8_t out[5];
  swl_progress progress;
  for (int i = 0; i < 2; i++) {
    CHECK_EQUAL(swl_inflate(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7, true, out, 5, &progress),
                1);
    CHECK_EQUAL(progress.written, 5);
    CHECK_EQUAL(
        swl_inflate(inflater, "\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8, true, out, 5, &progress), 1);
    CHECK_EQUAL(swl_inflate(inflater, "\x00", 1, true, NULL, 0, &progress), 1);
  }
  swl_inflater_free(inflater);
}

TEST(inflate_refuses_what_is_cut_off) {
  uint8_t data[600];
  fill_json(data, sizeof data, 1);
  swl_deflater *deflater = new_deflater(15, true, 0);
  swl_inflater *inflater = new_inflater(15, true, 0);
  test_buffer small = {0};
  deflate_message(deflater, data, sizeof data, WHOLE, &small);
  for (size_t size = 0; size < small.size; size++)
    for (size_t piece = 1; piece <= 64; piece *= 8) {
      TEST_NOTE("size %zu, piece %zu", size, piece);
      test_buffer out = {0};
      test_cut cut = {piece, 50};
      CHECK_EQUAL(inflate_message(inflater, small.data, size, cut, &out), SWL_ERROR_DEFLATE);
      swl_inflater_reset(inflater);
      test_buffer_free(&out);
    }
  test_buffer out = {0};
  CHECK_EQUAL(inflate_message(inflater, small.data, small.size, WHOLE, &out), 1);
  CHECK_EQUAL(out.size, sizeof data);
  test_buffer_free(&out);
  test_buffer_free(&small);
  swl_deflater_free(deflater);
  swl_inflater_free(inflater);
}

TEST(inflate_refuses_garbage) {
  static const struct {
    const char *data;
    size_t size;
  } cases[] = {
      {"\x06", 1},                                          /* a block of the reserved type */
      {"\x00\x05\x00\xFA\xFE\x48\x65", 7},                  /* a stored block with wrong lengths */
      {"\xF2\x00\x11\x00\x00", 5},                          /* back to before the first message */
      {"\xF3\x48\xCD\xC9\xC9\x07\x00", 7},                  /* nothing behind a final block */
      {"\xF2\x48\xCD\xC9\xC9\x07\x00\x00", 8},              /* a byte too many */
      {"\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00\xFF\xFF", 11}, /* with the tail */
      {"", 0},
      {"Hello", 5},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    swl_inflater *inflater = new_inflater(15, true, 0);
    test_buffer out = {0};
    CHECK_EQUAL(inflate_message(inflater, cases[i].data, cases[i].size, WHOLE, &out),
                SWL_ERROR_DEFLATE);
    test_buffer_free(&out);
    swl_inflater_free(inflater);
  }
}

/* One context serves many connections: nothing of one's messages may be reached by another's. */
TEST(inflate_without_takeover_keeps_nothing) {
  swl_inflater *inflater = new_inflater(15, false, 0);
  test_buffer out = {0};
  CHECK_EQUAL(inflate_message(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7, WHOLE, &out), 1);
  CHECK_EQUAL(inflate_message(inflater, "\xF2\x00\x11\x00\x00", 5, WHOLE, &out), SWL_ERROR_DEFLATE);
  CHECK_EQUAL(out.size, 6);
  test_buffer_free(&out);
  swl_inflater_free(inflater);
}

TEST(inflate_stops_at_the_limit) {
  uint8_t data[1000];
  fill_json(data, sizeof data, 2);
  swl_deflater *deflater = new_deflater(15, false, 0);
  test_buffer small = {0};
  deflate_message(deflater, data, sizeof data, WHOLE, &small);
  static const test_cut cuts[] = {
      {SIZE_MAX, 2000}, {SIZE_MAX, 1000}, {SIZE_MAX, 1}, {1, 1}, {5, 7}};
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
    for (uint64_t limit = 997; limit <= 1003; limit++) {
      TEST_NOTE("cut %zu, limit %d", i, (int)limit);
      swl_inflater *inflater = new_inflater(15, true, limit);
      test_buffer out = {0};
      int result = inflate_message(inflater, small.data, small.size, cuts[i], &out);
      CHECK_EQUAL(result, limit < sizeof data ? SWL_ERROR_MESSAGE_SIZE : 1);
      CHECK_EQUAL(out.size, limit < sizeof data ? limit : sizeof data);
      CHECK_BYTES(out.data, data, out.size);
      /* The limit is a message's, not the connection's. */
      if (result == 1)
        CHECK_EQUAL(inflate_message(inflater, small.data, small.size, WHOLE, &out), 1);
      test_buffer_free(&out);
      swl_inflater_free(inflater);
    }
  test_buffer_free(&small);
  swl_deflater_free(deflater);
}

TEST(inflate_bomb_costs_no_more_than_the_limit) {
  enum { SIZE = 10 << 20, LIMIT = 1 << 20 };
  uint8_t *zeros = calloc(SIZE, 1);
  CHECK(zeros != NULL);
  swl_deflater *deflater = new_deflater(15, false, 9);
  test_buffer small = {0};
  deflate_message(deflater, zeros, SIZE, WHOLE, &small);
  CHECK(small.size < SIZE / 900);

  test_memory memory = {0};
  swl_allocator allocator = test_allocator(&memory);
  swl_inflater_options options = {.size = sizeof options,
                                  .window_bits = 15,
                                  .max_message_size = LIMIT,
                                  .allocator = &allocator};
  swl_inflater *inflater;
  CHECK_EQUAL(swl_inflater_new(&inflater, &options), 0);
  uint8_t *out = malloc(SIZE);
  CHECK(out != NULL);
  out[LIMIT] = 1;
  swl_progress progress;
  CHECK_EQUAL(swl_inflate(inflater, small.data, small.size, true, out, SIZE, &progress),
              SWL_ERROR_MESSAGE_SIZE);
  CHECK_EQUAL(progress.written, LIMIT);
  CHECK_EQUAL(out[LIMIT], 1);
  CHECK(progress.consumed < small.size / 9);
  CHECK(memory.peak <= swl_inflater_memory(&options));
  swl_inflater_free(inflater);
  swl_deflater_free(deflater);
  test_buffer_free(&small);
  free(out);
  free(zeros);
}

/* A stream that ends in a final block, and goes on from `window`. */
static size_t final_blocks(const void *window, size_t window_size, const void *data, size_t size,
                           uint8_t *out, size_t capacity) {
  z_stream stream = {0};
  CHECK(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  if (window_size) CHECK(deflateSetDictionary(&stream, window, (unsigned)window_size) == Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)data;
  stream.avail_in = (unsigned)size;
  stream.next_out = out;
  stream.avail_out = (unsigned)capacity;
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  size_t made = capacity - stream.avail_out;
  deflateEnd(&stream);
  return made;
}

/* Whether what follows a final block refers back over it or not, in one message or the next. */
TEST(inflate_keeps_the_window_over_final_blocks) {
  uint8_t data[2000], payload[4096];
  fill_json(data, sizeof data, 3);
  for (int refers = 0; refers <= 1; refers++)
    for (int messages = 1; messages <= 2; messages++)
      for (size_t piece = 1; piece <= 4096; piece *= 16) {
        TEST_NOTE("refers %d, messages %d, piece %zu", refers, messages, piece);
        swl_inflater *inflater = new_inflater(15, true, 0);
        test_buffer out = {0};
        test_cut cut = {piece, 100};
        size_t size = final_blocks(NULL, 0, data, sizeof data, payload, sizeof payload);
        if (messages == 2) {
          payload[size] = 0;
          CHECK_EQUAL(inflate_message(inflater, payload, size + 1, cut, &out), 1);
          size = 0;
        }
        size_t second = final_blocks(data, refers ? sizeof data : 0, data, sizeof data,
                                     payload + size, sizeof payload - size);
        CHECK(!refers || second < 100);
        size += second;
        payload[size++] = 0;
        CHECK_EQUAL(inflate_message(inflater, payload, size, cut, &out), 1);
        CHECK_EQUAL(out.size, 2 * sizeof data);
        CHECK_BYTES(out.data, data, sizeof data);
        CHECK_BYTES(out.data + sizeof data, data, sizeof data);
        test_buffer_free(&out);
        swl_inflater_free(inflater);
      }
}

/* Any number of final blocks is taken; only the first ones keep the window. */
TEST(inflate_many_final_blocks) {
  uint8_t data[300], payload[4096];
  fill_json(data, sizeof data, 4);
  for (size_t blocks = 60; blocks <= 70; blocks++)
    for (int refers = 0; refers <= 1; refers++) {
      TEST_NOTE("blocks %zu, refers %d", blocks, refers);
      swl_inflater *inflater = new_inflater(15, true, 0);
      test_buffer out = {0};
      size_t size = final_blocks(NULL, 0, data, sizeof data, payload, sizeof payload);
      for (size_t i = 1; i < blocks; i++)
        size += final_blocks(NULL, 0, NULL, 0, payload + size, sizeof payload - size);
      size += final_blocks(data, refers ? sizeof data : 0, data, sizeof data, payload + size,
                           sizeof payload - size);
      payload[size++] = 0;
      bool kept = blocks <= 64;
      CHECK_EQUAL(inflate_message(inflater, payload, size, WHOLE, &out),
                  kept || !refers ? 1 : SWL_ERROR_DEFLATE);
      test_buffer_free(&out);
      swl_inflater_free(inflater);
    }
}

TEST(inflate_reset_in_a_message) {
  static const uint8_t payload[] = {0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00};
  swl_inflater *inflater = new_inflater(15, true, 5);
  uint8_t out[5];
  swl_progress progress;
  for (int i = 0; i < 3; i++) {
    CHECK_EQUAL(swl_inflate(inflater, payload, 4, false, out, 5, &progress), 1);
    CHECK_EQUAL(swl_inflate(inflater, payload + 4, 3, true, out, 1, &progress), 0);
    swl_inflater_reset(inflater);
  }
  CHECK_EQUAL(swl_inflate(inflater, payload, sizeof payload, true, out, 5, &progress), 1);
  CHECK_EQUAL(progress.written, 5);
  swl_inflater_free(inflater);
}

TEST(inflate_without_memory) {
  uint8_t data[100];
  fill_json(data, sizeof data, 5);
  swl_deflater *deflater = new_deflater(15, true, 0);
  test_buffer small = {0};
  deflate_message(deflater, data, sizeof data, WHOLE, &small);
  bool failed = true;
  for (size_t fails_at = 1; failed; fails_at++) {
    test_memory memory = {.fails_at = fails_at};
    swl_allocator allocator = test_allocator(&memory);
    swl_inflater_options options = {
        .size = sizeof options, .window_bits = 15, .takeover = true, .allocator = &allocator};
    swl_inflater *inflater;
    int result = swl_inflater_new(&inflater, &options);
    CHECK_EQUAL(inflater != NULL, result == SWL_OK);
    test_buffer out = {0};
    if (!result) result = inflate_message(inflater, small.data, small.size, WHOLE, &out);
    failed = memory.failures > 0;
    CHECK_EQUAL(result, failed ? SWL_ERROR_MEMORY : 1);
    test_buffer_free(&out);
    swl_inflater_free(inflater);
    CHECK_EQUAL(memory.blocks, 0);
  }
  test_buffer_free(&small);
  swl_deflater_free(deflater);
}

TEST(inflate_refuses_options_out_of_range) {
  swl_inflater *inflater;
  for (int bits = -1; bits <= 17; bits++) {
    swl_inflater_options options = {.size = sizeof options, .window_bits = bits};
    bool right = bits >= 8 && bits <= 15;
    CHECK_EQUAL(swl_inflater_new(&inflater, &options), right ? SWL_OK : SWL_ERROR_ARGUMENT);
    CHECK_EQUAL(swl_inflater_memory(&options) != 0, right);
    swl_inflater_free(inflater);
  }
  CHECK_EQUAL(swl_inflater_new(&inflater, NULL), SWL_ERROR_ARGUMENT);
}

#else
#include "check.h"

TEST(inflate_of_a_build_without) {
  swl_inflater_options options = {.size = sizeof options, .window_bits = 15};
  swl_inflater *inflater;
  swl_progress progress;
  CHECK_EQUAL(swl_inflater_new(&inflater, &options), SWL_ERROR_UNSUPPORTED);
  CHECK(inflater == NULL);
  CHECK_EQUAL(swl_inflate(inflater, "a", 1, true, NULL, 0, &progress), SWL_ERROR_UNSUPPORTED);
  CHECK_EQUAL(swl_inflater_memory(&options), 0);
  swl_inflater_reset(inflater);
  swl_inflater_free(inflater);
}
#endif
