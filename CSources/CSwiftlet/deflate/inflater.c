/*
 * Decompressing messages, RFC 7692 §7.2.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#if SWL_WITH_DEFLATE
#include "stream.h"

static const uint8_t message_tail[SWL_DEFLATE_TAIL_SIZE] = {0x00, 0x00, 0xFF, 0xFF};

/* z_stream.data_type when a block has just ended, not the stream's last, and no bit is left over.
 */
enum { BLOCK_END = 128 };

/* How many of a message's final blocks the window is kept over. */
enum { FINAL_BLOCKS_MAX = 64 };

struct swl_inflater {
  z_stream stream;
  const swl_allocator *allocator;
  uint64_t limit; /* bytes of a message */
  uint64_t made;  /* bytes of this message so far */
  uint8_t tail_given;
  uint8_t final_blocks; /* of this message, up to FINAL_BLOCKS_MAX */
  bool takeover;
  bool at_block_end; /* all input so far is whole blocks and whole bytes */
};

static bool inflater_options(swl_inflater_options *wish, const swl_inflater_options *options) {
  return swl_options_copy(wish, sizeof *wish, options) && wish->window_bits >= 8 &&
         wish->window_bits <= 15;
}

int swl_inflater_new(swl_inflater **inflater, const swl_inflater_options *options) {
  *inflater = NULL;
  swl_inflater_options wish;
  if (!inflater_options(&wish, options)) return SWL_ERROR_ARGUMENT;
  swl_inflater *fresh = swl_allocate(wish.allocator, sizeof *fresh);
  if (!fresh) return SWL_ERROR_MEMORY;
  *fresh = (swl_inflater){
      .stream = swl_zlib_stream(wish.allocator),
      .allocator = wish.allocator,
      .limit = wish.max_message_size ? wish.max_message_size : UINT64_MAX,
      .takeover = wish.takeover,
  };
  int error = swl_zlib_started(inflateInit2(&fresh->stream, -wish.window_bits));
  if (error) {
    swl_release(wish.allocator, fresh);
    return error;
  }
  *inflater = fresh;
  return SWL_OK;
}

void swl_inflater_free(swl_inflater *inflater) {
  if (!inflater) return;
  inflateEnd(&inflater->stream);
  swl_release(inflater->allocator, inflater);
}

static void forget_message(swl_inflater *inflater) {
  inflater->made = 0;
  inflater->tail_given = 0;
  inflater->final_blocks = 0;
}

void swl_inflater_reset(swl_inflater *inflater) {
  inflateReset(&inflater->stream);
  forget_message(inflater);
}

/* zconf.h: the window, and "about 7 kilobytes for small objects". */
size_t swl_inflater_memory(const swl_inflater_options *options) {
  swl_inflater_options wish;
  if (!inflater_options(&wish, options)) return 0;
  return ((size_t)1 << wish.window_bits) + 7168 + sizeof(swl_inflater);
}

/*
 * A final block is the end of zlib's stream, not of the message (§7.2.1): begins another stream
 * with the window of the old one. Each time that is up to 64 KiB to copy for what may be two bytes
 * of input, which must not become the peer's lever: after many such blocks in one message the
 * window is forgotten, as most other implementations do after any.
 */
static int begin_stream(swl_inflater *inflater) {
  inflater->at_block_end = false;
  uint8_t window[1 << 15];
  unsigned size = 0;
  if (inflater->final_blocks < FINAL_BLOCKS_MAX) {
    inflater->final_blocks++;
    if (inflateGetDictionary(&inflater->stream, window, &size) != Z_OK) return SWL_ERROR_DEFLATE;
  }
  inflateReset(&inflater->stream);
  if (size && inflateSetDictionary(&inflater->stream, window, size) != Z_OK)
    return SWL_ERROR_MEMORY;
  return SWL_OK;
}

/*
 * Inflates `in` to `out` until the input is taken and there is still room, or there is no room and
 * nothing more can be taken.
 */
static int inflate_range(swl_inflater *inflater, const uint8_t *in, size_t size, uint8_t *out,
                         size_t capacity, swl_progress *progress) {
  z_stream *stream = &inflater->stream;
  *progress = (swl_progress){0, 0};
  for (;;) {
    /* At the limit there is room for a byte that is not the caller's: it shows whether the message
     * goes on. */
    uint8_t beyond;
    bool full = inflater->made == inflater->limit;
    size_t room = capacity - progress->written;
    if (room > inflater->limit - inflater->made) room = (size_t)(inflater->limit - inflater->made);

    size_t left = size - progress->consumed;
    unsigned given = swl_zlib_size(left), space = full ? 1 : swl_zlib_size(room);
    stream->next_in = left ? in + progress->consumed : NULL;
    stream->avail_in = given;
    stream->next_out = room ? out + progress->written : &beyond;
    stream->avail_out = space;
    int result = inflate(stream, Z_SYNC_FLUSH);
    size_t consumed = given - stream->avail_in, written = space - stream->avail_out;
    progress->consumed += consumed;
    if (full && written) return SWL_ERROR_MESSAGE_SIZE;
    progress->written += written;
    inflater->made += written;

    if (result == Z_STREAM_END) {
      int error = begin_stream(inflater);
      if (error) return error;
      continue;
    }
    if (result == Z_MEM_ERROR) return SWL_ERROR_MEMORY;
    if (result != Z_OK && result != Z_BUF_ERROR) return SWL_ERROR_DEFLATE;
    if (!consumed && !written) return SWL_OK;
    inflater->at_block_end = stream->data_type == BLOCK_END;
    if (progress->consumed == size && stream->avail_out) return SWL_OK;
  }
}

int swl_inflate(swl_inflater *inflater, const void *data, size_t size, bool last, void *out,
                size_t capacity, swl_progress *progress) {
  *progress = (swl_progress){0, 0};
  if (inflater->tail_given && (size || !last)) return SWL_ERROR_ARGUMENT;
  int error = inflate_range(inflater, data, size, out, capacity, progress);
  if (error) return error;
  if (progress->consumed < size) return 0;
  if (!last) return inflater->stream.avail_out ? 1 : 0;

  uint8_t *rest = capacity > progress->written ? (uint8_t *)out + progress->written : NULL;
  swl_progress end;
  error = inflate_range(inflater, message_tail + inflater->tail_given,
                        sizeof message_tail - inflater->tail_given, rest,
                        capacity - progress->written, &end);
  progress->written += end.written;
  inflater->tail_given = (uint8_t)(inflater->tail_given + end.consumed);
  if (error) return error;
  if (inflater->tail_given < sizeof message_tail) return 0;
  if (!inflater->at_block_end) return inflater->stream.avail_out ? SWL_ERROR_DEFLATE : 0;
  if (inflater->takeover)
    forget_message(inflater);
  else
    swl_inflater_reset(inflater);
  return 1;
}
#else
#include "swiftlet.h"

int swl_inflater_new(swl_inflater **inflater, const swl_inflater_options *options) {
  (void)options;
  *inflater = NULL;
  return SWL_ERROR_UNSUPPORTED;
}

void swl_inflater_free(swl_inflater *inflater) { (void)inflater; }

void swl_inflater_reset(swl_inflater *inflater) { (void)inflater; }

size_t swl_inflater_memory(const swl_inflater_options *options) {
  (void)options;
  return 0;
}

int swl_inflate(swl_inflater *inflater, const void *data, size_t size, bool last, void *out,
                size_t capacity, swl_progress *progress) {
  (void)inflater, (void)data, (void)size, (void)last, (void)out, (void)capacity;
  *progress = (swl_progress){0, 0};
  return SWL_ERROR_UNSUPPORTED;
}
#endif
