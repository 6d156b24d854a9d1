/* SPDX-License-Identifier: Apache-2.0 */
#include "contexts.h"

#include <stdlib.h>

#include "guard.h"

swl_deflater *new_deflater(int window_bits, bool takeover, int level) {
  swl_deflater_options options = {
      .size = sizeof options, .window_bits = window_bits, .takeover = takeover, .level = level};
  swl_deflater *deflater;
  CHECK_EQUAL(swl_deflater_new(&deflater, &options), 0);
  return deflater;
}

swl_inflater *new_inflater(int window_bits, bool takeover, uint64_t limit) {
  swl_inflater_options options = {.size = sizeof options,
                                  .window_bits = window_bits,
                                  .takeover = takeover,
                                  .max_message_size = limit};
  swl_inflater *inflater;
  CHECK_EQUAL(swl_inflater_new(&inflater, &options), 0);
  return inflater;
}

void test_buffer_free(test_buffer *buffer) {
  free(buffer->data);
  *buffer = (test_buffer){0};
}

static void append_bytes(test_buffer *buffer, const uint8_t *data, size_t size) {
  if (buffer->size + size > buffer->capacity) {
    buffer->capacity = 2 * (buffer->size + size);
    buffer->data = realloc(buffer->data, buffer->capacity);
    CHECK(buffer->data != NULL);
  }
  if (size) memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
}

typedef int step_function(void *context, const void *data, size_t size, bool last, void *out,
                          size_t capacity, swl_progress *progress);

static int deflate_step(void *context, const void *data, size_t size, bool last, void *out,
                        size_t capacity, swl_progress *progress) {
  return swl_deflate(context, data, size, last, out, capacity, progress);
}

static int inflate_piece_step(void *context, const void *data, size_t size, bool last, void *out,
                              size_t capacity, swl_progress *progress) {
  return swl_inflate(context, data, size, last, out, capacity, progress);
}

/* Input and output lie against pages that must not be touched. */
static int run_message(step_function *step, void *context, const uint8_t *data, size_t size,
                       test_cut cut, test_buffer *out) {
  guard input = guard_new(size + 1), output = guard_new(cut.capacity + 1);
  uint8_t *room = guard_back(&output, cut.capacity);
  int result = 1;
  size_t given = 0;
  do {
    size_t piece = size - given < cut.piece ? size - given : cut.piece;
    bool last = given + piece == size;
    uint8_t *in = guard_back(&input, piece);
    if (piece) memcpy(in, data + given, piece);
    given += piece;
    do {
      swl_progress progress;
      result = step(context, in, piece, last, room, cut.capacity, &progress);
      CHECK(progress.consumed <= piece && progress.written <= cut.capacity);
      /* Without an error it comes to an end, and stops only for want of room. */
      if (result == 1) CHECK_EQUAL(progress.consumed, piece);
      if (result == 0) CHECK_EQUAL(progress.written, cut.capacity);
      in += progress.consumed;
      piece -= progress.consumed;
      append_bytes(out, room, progress.written);
    } while (result == 0);
  } while (result == 1 && given < size);
  guard_free(&input);
  guard_free(&output);
  return result;
}

void deflate_message(swl_deflater *deflater, const void *data, size_t size, test_cut cut,
                     test_buffer *out) {
  CHECK_EQUAL(run_message(deflate_step, deflater, data, size, cut, out), 1);
}

int inflate_message(swl_inflater *inflater, const void *data, size_t size, test_cut cut,
                    test_buffer *out) {
  return run_message(inflate_piece_step, inflater, data, size, cut, out);
}

void fill_json(void *data, size_t size, uint64_t seed) {
  static const char *const names[] = {"alpha", "beta", "gamma", "delta", "epsilon"};
  uint64_t state = seed * 2 + 1;
  char line[128];
  for (size_t at = 0, length; at < size; at += length) {
    uint64_t random = test_random(&state);
    length = (size_t)snprintf(line, sizeof line, "{\"id\":%u,\"name\":\"%s\",\"value\":%.3f},\n",
                              (unsigned)(random & 0xFFFFF), names[random % 5],
                              (double)(random >> 40) / 1000);
    if (length > size - at) length = size - at;
    memcpy((uint8_t *)data + at, line, length);
  }
}
