/*
 * Compressing messages, RFC 7692 §7.2.1.
 *
 * A message ends with an empty stored block, of which the last four bytes are not sent. zlib writes
 * that block for Z_SYNC_FLUSH, and writes it again when its output was full just then. So what the
 * message holds is first brought out by Z_BLOCK, which writes no such block, and then the block is
 * written where there is always room for it: in the context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#if SWL_WITH_DEFLATE
#include <string.h>

#include "stream.h"

typedef enum deflater_state {
  DEFLATER_BETWEEN, /* no message begun */
  DEFLATER_INSIDE,  /* zlib has had input of a message */
  DEFLATER_ENDING,  /* what is left to write of the message is in `ending` */
} deflater_state;

struct swl_deflater {
  z_stream stream;
  const swl_allocator *allocator;
  deflater_state state;
  bool takeover;
  uint8_t ending[16]; /* a stored block of nothing, with room to spare */
  uint8_t ending_size, ending_written;
};

static bool deflater_options(swl_deflater_options *wish, const swl_deflater_options *options) {
  if (!swl_options_copy(wish, sizeof *wish, options)) return false;
  if (wish->level == 0) wish->level = 6;
  if (wish->memory_level == 0) wish->memory_level = 8;
  return wish->window_bits >= 9 && wish->window_bits <= 15 && wish->level >= 1 &&
         wish->level <= 9 && wish->memory_level >= 1 && wish->memory_level <= 9;
}

int swl_deflater_new(swl_deflater **deflater, const swl_deflater_options *options) {
  *deflater = NULL;
  swl_deflater_options wish;
  if (!deflater_options(&wish, options)) return SWL_ERROR_ARGUMENT;
  swl_deflater *fresh = swl_allocate(wish.allocator, sizeof *fresh);
  if (!fresh) return SWL_ERROR_MEMORY;
  *fresh = (swl_deflater){.stream = swl_zlib_stream(wish.allocator),
                          .allocator = wish.allocator,
                          .takeover = wish.takeover};
  int error =
      swl_zlib_started(deflateInit2(&fresh->stream, wish.level, Z_DEFLATED, -wish.window_bits,
                                    wish.memory_level, Z_DEFAULT_STRATEGY));
  if (error) {
    swl_release(wish.allocator, fresh);
    return error;
  }
  *deflater = fresh;
  return SWL_OK;
}

void swl_deflater_free(swl_deflater *deflater) {
  if (!deflater) return;
  deflateEnd(&deflater->stream);
  swl_release(deflater->allocator, deflater);
}

void swl_deflater_reset(swl_deflater *deflater) {
  deflateReset(&deflater->stream);
  deflater->state = DEFLATER_BETWEEN;
}

/* zconf.h: window and hash chains, hash table and symbols, "a few kilobytes for small objects". */
size_t swl_deflater_memory(const swl_deflater_options *options) {
  swl_deflater_options wish;
  if (!deflater_options(&wish, options)) return 0;
  return ((size_t)1 << (wish.window_bits + 2)) + ((size_t)1 << (wish.memory_level + 9)) + 6144 +
         sizeof(swl_deflater);
}

/* 1 when all input is taken and, for the last of a message, is in whole blocks; 0 when `out` is
 * full. */
static int compress_piece(swl_deflater *deflater, const uint8_t *data, size_t size, bool last,
                          uint8_t *out, size_t capacity, swl_progress *progress) {
  z_stream *stream = &deflater->stream;
  while (progress->written < capacity) {
    size_t left = size - progress->consumed;
    unsigned in = swl_zlib_size(left), room = swl_zlib_size(capacity - progress->written);
    stream->next_in = left ? data + progress->consumed : NULL;
    stream->avail_in = in;
    stream->next_out = out + progress->written;
    stream->avail_out = room;
    int result = deflate(stream, last && in == left ? Z_BLOCK : Z_NO_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR) return SWL_ERROR_ARGUMENT;
    progress->consumed += in - stream->avail_in;
    progress->written += room - stream->avail_out;
    if (stream->avail_out && progress->consumed == size) return 1;
  }
  return 0;
}

static void begin_ending(swl_deflater *deflater, size_t size) {
  deflater->ending_size = (uint8_t)size;
  deflater->ending_written = 0;
  deflater->state = DEFLATER_ENDING;
}

/* Puts the end of the message, without its last four bytes, into `ending`. */
static int end_message(swl_deflater *deflater) {
  z_stream *stream = &deflater->stream;
  stream->next_in = NULL;
  stream->avail_in = 0;
  stream->next_out = deflater->ending;
  stream->avail_out = sizeof deflater->ending;
  int result = deflate(stream, Z_SYNC_FLUSH);
  size_t made = sizeof deflater->ending - stream->avail_out;
  if (result != Z_OK || !stream->avail_out || made <= SWL_DEFLATE_TAIL_SIZE)
    return SWL_ERROR_ARGUMENT;
  begin_ending(deflater, made - SWL_DEFLATE_TAIL_SIZE);
  if (!deflater->takeover) deflateReset(stream);
  return 1;
}

/* zlib need not make anything of nothing: §7.2.3.6 */
static void end_empty_message(swl_deflater *deflater) {
  deflater->ending[0] = 0;
  begin_ending(deflater, 1);
}

static int write_ending(swl_deflater *deflater, uint8_t *out, size_t capacity,
                        swl_progress *progress) {
  size_t left = (size_t)(deflater->ending_size - deflater->ending_written);
  size_t room = capacity - progress->written, now = left < room ? left : room;
  if (now) memcpy(out + progress->written, deflater->ending + deflater->ending_written, now);
  progress->written += now;
  deflater->ending_written = (uint8_t)(deflater->ending_written + now);
  if (now < left) return 0;
  deflater->state = DEFLATER_BETWEEN;
  return 1;
}

int swl_deflate(swl_deflater *deflater, const void *data, size_t size, bool last, void *out,
                size_t capacity, swl_progress *progress) {
  *progress = (swl_progress){0, 0};
  if (size && deflater->state == DEFLATER_BETWEEN) deflater->state = DEFLATER_INSIDE;
  switch (deflater->state) {
    case DEFLATER_BETWEEN:
      if (!last) return 1;
      end_empty_message(deflater);
      break;
    case DEFLATER_INSIDE: {
      int result = compress_piece(deflater, data, size, last, out, capacity, progress);
      if (result == 1 && last) result = end_message(deflater);
      if (result != 1 || !last) return result;
      break;
    }
    case DEFLATER_ENDING:
      if (size || !last) return SWL_ERROR_ARGUMENT;
      break;
  }
  return write_ending(deflater, out, capacity, progress);
}
#else
#include "swiftlet.h"

int swl_deflater_new(swl_deflater **deflater, const swl_deflater_options *options) {
  (void)options;
  *deflater = NULL;
  return SWL_ERROR_UNSUPPORTED;
}

void swl_deflater_free(swl_deflater *deflater) { (void)deflater; }

void swl_deflater_reset(swl_deflater *deflater) { (void)deflater; }

size_t swl_deflater_memory(const swl_deflater_options *options) {
  (void)options;
  return 0;
}

int swl_deflate(swl_deflater *deflater, const void *data, size_t size, bool last, void *out,
                size_t capacity, swl_progress *progress) {
  (void)deflater, (void)data, (void)size, (void)last, (void)out, (void)capacity;
  *progress = (swl_progress){0, 0};
  return SWL_ERROR_UNSUPPORTED;
}
#endif

/* What does not shrink zlib stores, in blocks of at least 127 bytes with 5 of header. */
size_t swl_deflate_bound(size_t size) {
  size_t extra = size / 25 + 16;
  return size < SIZE_MAX - extra ? size + extra : SIZE_MAX;
}
