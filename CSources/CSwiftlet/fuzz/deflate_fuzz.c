/*
 * The contexts against plain zlib. The first bytes of an input choose the windows, the limit and
 * how messages are cut; the rest is first taken for two messages to compress, then for two
 * payloads to decompress.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <zlib.h>

#include "../tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* DEFLATE makes at most 1032 bytes of one. */
enum { CHOICES = 8, INPUT_MAX = 4096, OUTPUT_MAX = 8 << 20 };

typedef struct choices {
  int window_bits, level, memory_level;
  bool takeover;
  uint64_t limit;
  size_t pieces[2], capacities[2];
  size_t first; /* bytes of the first message */
} choices;

typedef struct output {
  uint8_t *data;
  size_t size;
} output;

/* Memory of just that size, so that a byte too far is seen. */
static uint8_t *exact(const void *data, size_t size) {
  uint8_t *copy = malloc(size);
  CHECK(copy != NULL);
  if (size && data) memcpy(copy, data, size);
  return copy;
}

typedef int step(void *context, const void *data, size_t size, bool last, void *out,
                 size_t capacity, swl_progress *progress);

static int deflate_step(void *context, const void *data, size_t size, bool last, void *out,
                        size_t capacity, swl_progress *progress) {
  return swl_deflate(context, data, size, last, out, capacity, progress);
}

static int inflate_step(void *context, const void *data, size_t size, bool last, void *out,
                        size_t capacity, swl_progress *progress) {
  return swl_inflate(context, data, size, last, out, capacity, progress);
}

/* Takes a message through a context in the chosen pieces; 1 or the error. */
static int run(step *step, void *context, const choices *choices, const uint8_t *data, size_t size,
               output *out) {
  size_t given = 0;
  int result;
  unsigned turn = 0;
  do {
    size_t piece = choices->pieces[turn], capacity = choices->capacities[turn];
    turn = !turn;
    if (piece > size - given) piece = size - given;
    uint8_t *in = exact(data + given, piece), *room = exact(NULL, capacity);
    given += piece;
    size_t taken = 0;
    do {
      swl_progress progress;
      result = step(context, in + taken, piece - taken, given == size, room, capacity, &progress);
      taken += progress.consumed;
      CHECK(taken <= piece && progress.written <= capacity);
      CHECK(result != 1 || taken == piece);
      CHECK(result != 0 || progress.written == capacity);
      CHECK(out->size + progress.written <= OUTPUT_MAX);
      memcpy(out->data + out->size, room, progress.written);
      out->size += progress.written;
    } while (result == 0);
    free(in);
    free(room);
  } while (result == 1 && given < size);
  return result;
}

/*
 * What RFC 7692 §7.2.2 wants, told from block to block by plain zlib: 1 when payload and tail are
 * whole blocks. Continues behind final blocks with the window there was before.
 */
static int expect(z_stream *stream, const uint8_t *data, size_t size, output *out) {
  uint8_t *payload = exact(NULL, size + 4);
  if (size) memcpy(payload, data, size);
  memcpy(payload + size, "\x00\x00\xFF\xFF", 4);
  stream->next_in = payload;
  stream->avail_in = (unsigned)(size + 4);
  bool whole = false;
  int final_blocks = 0, result;
  for (;;) {
    size_t before = stream->avail_in;
    stream->next_out = out->data + out->size;
    stream->avail_out = (unsigned)(OUTPUT_MAX - out->size);
    result = inflate(stream, Z_BLOCK);
    CHECK(stream->avail_out > 0);
    bool idle = before == stream->avail_in && out->size == OUTPUT_MAX - stream->avail_out;
    out->size = OUTPUT_MAX - stream->avail_out;
    if (result == Z_STREAM_END) {
      uint8_t window[1 << 15];
      unsigned have = 0;
      if (final_blocks++ < 64) CHECK(inflateGetDictionary(stream, window, &have) == Z_OK);
      CHECK(inflateReset(stream) == Z_OK);
      if (have) CHECK(inflateSetDictionary(stream, window, have) == Z_OK);
      whole = false;
    } else if (result == Z_OK && !idle) {
      whole = stream->avail_in == 0 && (stream->data_type & 128) && (stream->data_type & 7) == 0;
    } else if (result != Z_OK || stream->avail_in == 0) {
      break;
    }
  }
  free(payload);
  if (result != Z_OK && result != Z_BUF_ERROR) return SWL_ERROR_DEFLATE;
  return whole ? 1 : SWL_ERROR_DEFLATE;
}

static void begin_expecting(z_stream *stream, int window_bits) {
  *stream = (z_stream){0};
  CHECK(inflateInit2(stream, -window_bits) == Z_OK);
}

static void check_deflate(const choices *choices, const uint8_t *data, size_t size, output *out,
                          output *expected) {
  swl_deflater_options options = {.size = sizeof options,
                                  .window_bits = choices->window_bits,
                                  .takeover = choices->takeover,
                                  .level = choices->level,
                                  .memory_level = choices->memory_level};
  swl_deflater *deflater;
  CHECK(swl_deflater_new(&deflater, &options) == SWL_OK);
  z_stream stream;
  begin_expecting(&stream, choices->window_bits);
  for (int message = 0; message < 2; message++) {
    const uint8_t *text = message ? data + choices->first : data;
    size_t length = message ? size - choices->first : choices->first;
    out->size = expected->size = 0;
    CHECK(run(deflate_step, deflater, choices, text, length, out) == 1);
    CHECK(expect(&stream, out->data, out->size, expected) == 1);
    CHECK(expected->size == length && memcmp(expected->data, text, length) == 0);
    if (!choices->takeover) CHECK(inflateReset(&stream) == Z_OK);
  }
  inflateEnd(&stream);
  swl_deflater_free(deflater);
}

static void check_inflate(const choices *choices, const uint8_t *data, size_t size, output *out,
                          output *expected) {
  swl_inflater_options options = {.size = sizeof options,
                                  .window_bits = choices->window_bits,
                                  .takeover = choices->takeover,
                                  .max_message_size = choices->limit};
  swl_inflater *inflater;
  CHECK(swl_inflater_new(&inflater, &options) == SWL_OK);
  z_stream stream;
  begin_expecting(&stream, 15);
  for (int message = 0; message < 2; message++) {
    const uint8_t *payload = message ? data + choices->first : data;
    size_t length = message ? size - choices->first : choices->first;
    out->size = expected->size = 0;
    int result = run(inflate_step, inflater, choices, payload, length, out);
    int wanted = expect(&stream, payload, length, expected);
    if (choices->limit && expected->size > choices->limit) {
      wanted = SWL_ERROR_MESSAGE_SIZE;
      expected->size = (size_t)choices->limit;
    }
    /* What reaches back beyond its window is refused or, within one output, not. */
    if (result == SWL_ERROR_DEFLATE && choices->window_bits < 15 && out->size < expected->size) {
      wanted = result;
      expected->size = out->size;
    }
    CHECK(result == wanted);
    CHECK(out->size == expected->size && memcmp(out->data, expected->data, out->size) == 0);
    if (result == 1 && choices->takeover) continue;
    CHECK(inflateReset(&stream) == Z_OK);
    if (result < 0) swl_inflater_reset(inflater);
  }
  inflateEnd(&stream);
  swl_inflater_free(inflater);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t buffers[2][OUTPUT_MAX];
  if (size < CHOICES || size > INPUT_MAX) return 0;
  choices choices = {
      .window_bits = 9 + data[0] % 7,
      .takeover = data[0] & 0x80,
      .level = data[1] % 10,
      .memory_level = data[1] / 16 % 10,
      .limit = (uint64_t)data[2] * data[2],
      .pieces = {1 + (size_t)data[3] * data[3], 1 + data[4]},
      .capacities = {1 + data[5], 1 + (size_t)data[6] * 16},
      .first = (size - CHOICES) * data[7] / 255,
  };
  data += CHOICES;
  size -= CHOICES;
  output out = {buffers[0], 0}, expected = {buffers[1], 0};
  check_deflate(&choices, data, size, &out, &expected);
  check_inflate(&choices, data, size, &out, &expected);
  return 0;
}
