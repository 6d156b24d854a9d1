/*
 * What happens when memory runs out: each scenario is run with an allocator whose first call fails,
 * then its second, and so on until there is no call left to fail; once so that only that call
 * fails, once with all behind it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "allocator.h"
#include "peer.h"

/* Uses `allocator` and returns whether everything succeeded; else it checks the error. */
typedef bool scenario(const swl_allocator *allocator, int variant);

static void sweep(scenario *run, int variant) {
  for (int fails_on = 0; fails_on < 2; fails_on++)
    for (size_t call = 1;; call++) {
      test_memory memory = {.fails_at = call, .fails_on = fails_on};
      swl_allocator allocator = test_allocator(&memory);
      TEST_NOTE("variant %d, %s call %zu", variant, fails_on ? "from" : "only", call);
      bool succeeded = run(&allocator, variant);
      CHECK_EQUAL(memory.blocks, 0);
      CHECK_EQUAL(memory.bytes, 0);
      if (memory.failures == 0) {
        CHECK(succeeded && call > 1);
        break;
      }
    }
}

enum { CONTENT_SIZE = 150000 };
static uint8_t content[CONTENT_SIZE];

#define VARIANT_ROLE(variant) ((variant)&1 ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER)
#define VARIANT_OTHER(variant) ((variant)&1 ? SWL_ROLE_SERVER : SWL_ROLE_CLIENT)
#define VARIANT_STREAMING(variant) (((variant)&2) != 0)
#define VARIANT_COMPRESSED(variant) (((variant)&4) != 0)
#define VARIANTS (TEST_WITH_DEFLATE ? 8 : 4)

static const swl_deflate_agreement agreement = {12, 15, false, true};

static const swl_deflate_agreement *variant_agreement(int variant) {
  return VARIANT_COMPRESSED(variant) ? &agreement : NULL;
}

/* One frame of a message in several, or with `fin` at once a message. */
static int queue(swl_conn *conn, size_t from, size_t size, bool fin) {
  return swl_conn_send_fragment(conn, SWL_OPCODE_BINARY, content + from, size, fin);
}

/*
 * A connection that sends. What fails queues nothing and can be tried again; a later frame of a
 * compressed message can be too late for that. The other end, which has memory, gets each message
 * as it was or none.
 */
static bool send_messages(const swl_allocator *allocator, int variant) {
  static const struct {
    size_t from, size;
    bool fin;
  } frames[] = {{0, 20, true},         {10, 1000, true},      {0, 100000, true},
                {0, 100, false},       {100, 50000, false},   {50100, 0, false},
                {50100, 70000, false}, {120100, 29900, true}, {0, 300, true}};
  swl_conn_options options = {.size = sizeof options,
                              .role = VARIANT_ROLE(variant),
                              .deflate = variant_agreement(variant),
                              .allocator = allocator};
  peer sender = {.role = options.role};
  int error = swl_conn_new(&sender.conn, &options);
  if (error) {
    CHECK_EQUAL(error, SWL_ERROR_MEMORY);
    CHECK(sender.conn == NULL);
    return false;
  }
  peer reader = peer_new(
      (swl_conn_options){.role = VARIANT_OTHER(variant), .deflate = variant_agreement(variant)});
  test_fill(content, CONTENT_SIZE, 1);
  bool ended = false, failed = false;
  size_t begun = 0;
  for (size_t i = 0; i < sizeof frames / sizeof frames[0] && !ended; i++) {
    if (begun == 0) begun = frames[i].from + 1;
    error = queue(sender.conn, frames[i].from, frames[i].size, frames[i].fin);
    if (error && swl_conn_state(sender.conn) == SWL_STATE_OPEN) {
      CHECK_EQUAL(error, SWL_ERROR_MEMORY);
      size_t waiting;
      swl_conn_output(sender.conn, &waiting);
      CHECK_EQUAL(waiting, 0);
      failed = true;
      error = queue(sender.conn, frames[i].from, frames[i].size, frames[i].fin);
    }
    if (!error && frames[i].fin) {
      size_t from = begun - 1;
      peer_expect(&reader, 'm', SWL_OPCODE_BINARY, content + from,
                  frames[i].from + frames[i].size - from);
      begun = 0;
    }
    if (error) {
      CHECK_EQUAL(error, SWL_ERROR_MEMORY);
      ended = failed = true;
      /* There is always memory for a close frame. */
      if (swl_conn_state(sender.conn) == SWL_STATE_OPEN)
        CHECK_EQUAL(swl_conn_close(sender.conn, 1011, NULL, 0), SWL_OK);
      peer_expect(&reader, 'c', 1011, NULL, 0);
      peer_expect_close(&reader, 1011);
    }
    peer_transfer(&sender, &reader);
  }
  peer_end(&reader);
  peer_end(&sender);
  return !failed;
}

TEST(memory_runs_out_while_sending) {
  for (int variant = 0; variant < VARIANTS; variant++)
    if (!VARIANT_STREAMING(variant)) sweep(send_messages, variant);
}

#if SWL_WITH_DEFLATE
/* With the smallest window zlib makes more of what cannot be compressed than room was made for, so
 * that memory can run out in the middle. What is forgotten then, the other end does not need. */
static bool send_incompressible(const swl_allocator *allocator, int variant) {
  enum { SIZE = 1000000 };
  static uint8_t noise[SIZE];
  test_fill(noise, SIZE, 1);
  swl_deflate_agreement smallest = {9, 9, false, false};
  swl_deflate_options wishes = {.size = sizeof wishes, .level = 1, .memory_level = 4};
  swl_conn_options options = {.size = sizeof options,
                              .role = VARIANT_ROLE(variant),
                              .deflate = &smallest,
                              .deflate_options = &wishes,
                              .allocator = allocator};
  peer sender = {.role = options.role};
  if (swl_conn_new(&sender.conn, &options)) return false;
  peer reader =
      peer_new((swl_conn_options){.role = VARIANT_OTHER(variant), .deflate = options.deflate});
  bool failed = false;
  for (int i = 0; i < 2; i++) {
    for (int attempt = 0; attempt < 2; attempt++) {
      int error = swl_conn_send(sender.conn, SWL_OPCODE_BINARY, noise, i ? 100000 : SIZE);
      if (!error) {
        peer_expect(&reader, 'm', SWL_OPCODE_BINARY, noise, i ? 100000 : SIZE);
        break;
      }
      CHECK_EQUAL(error, SWL_ERROR_MEMORY);
      failed = true;
    }
    peer_transfer(&sender, &reader);
  }
  peer_end(&reader);
  peer_end(&sender);
  return !failed;
}

TEST(memory_runs_out_in_the_middle_of_a_message) {
  for (int variant = 0; variant < 2; variant++) sweep(send_incompressible, variant);
}
#endif

/*
 * A connection that receives, and does not write, so that pongs fill its queue. It reports that it
 * has no memory, once, and tells the other end.
 */
static bool receive_messages(const swl_allocator *allocator, int variant) {
  peer sender = peer_new(
      (swl_conn_options){.role = VARIANT_OTHER(variant), .deflate = variant_agreement(variant)});
  test_fill(content, CONTENT_SIZE, 1);
  for (int i = 0; i < 10; i++) {
    CHECK_EQUAL(queue(sender.conn, 0, 1000, true), SWL_OK);
    CHECK_EQUAL(queue(sender.conn, 0, 10000, false), SWL_OK);
    CHECK_EQUAL(swl_conn_ping(sender.conn, content, 100), SWL_OK);
    CHECK_EQUAL(queue(sender.conn, 10000, 90000, true), SWL_OK);
  }
  swl_conn_options options = {.size = sizeof options,
                              .role = VARIANT_ROLE(variant),
                              .streaming = VARIANT_STREAMING(variant),
                              .deflate = variant_agreement(variant),
                              .allocator = allocator};
  peer reader = {.role = options.role, .cut = 50000};
  int error = swl_conn_new(&reader.conn, &options);
  if (error) {
    CHECK_EQUAL(error, SWL_ERROR_MEMORY);
    swl_conn_sent(sender.conn, SIZE_MAX);
    peer_end(&sender);
    return false;
  }
  peer_transfer(&sender, &reader);
  peer_end(&sender);
  bool failed = reader.trace.error;
  if (failed) {
    CHECK_EQUAL(reader.trace.error, SWL_ERROR_MEMORY);
    CHECK_EQUAL(swl_conn_state(reader.conn), SWL_STATE_CLOSED);
    size_t waiting, close = reader.role == SWL_ROLE_CLIENT ? 8 : 4;
    const uint8_t *output = swl_conn_output(reader.conn, &waiting);
    CHECK(waiting >= close && output[waiting - close] == (FIN | CLOSE));
  } else {
    CHECK_EQUAL(reader.trace.messages, 20);
    CHECK_EQUAL(reader.trace.pings, 10);
  }
  swl_conn_free(reader.conn);
  trace_free(&reader.trace);
  return !failed;
}

TEST(memory_runs_out_while_receiving) {
  for (int variant = 0; variant < VARIANTS; variant++)
    /* Streaming what is not compressed takes no memory. */
    sweep(receive_messages, variant);
}

#if SWL_WITH_DEFLATE
/* Two contexts, two messages; after an error a context is reset and used again. */
static bool compress_messages(const swl_allocator *allocator, int variant) {
  swl_deflater_options out = {.size = sizeof out,
                              .window_bits = 9 + variant,
                              .takeover = variant & 1,
                              .allocator = allocator};
  swl_inflater_options in = {.size = sizeof in,
                             .window_bits = 9 + variant,
                             .takeover = variant & 1,
                             .allocator = allocator};
  static uint8_t packed[CONTENT_SIZE * 2], unpacked[CONTENT_SIZE];
  swl_deflater *deflater;
  swl_inflater *inflater = NULL;
  int error = swl_deflater_new(&deflater, &out);
  CHECK((deflater == NULL) == (error != SWL_OK));
  if (!error) error = swl_inflater_new(&inflater, &in);
  CHECK((inflater == NULL) == (error != SWL_OK));
  bool failed = error;
  if (error) CHECK_EQUAL(error, SWL_ERROR_MEMORY);
  test_fill(content, CONTENT_SIZE, 1);
  for (int i = 0; i < 3 && !error; i++) {
    swl_progress made, read;
    CHECK_EQUAL(swl_deflate(deflater, content, CONTENT_SIZE, true, packed, sizeof packed, &made),
                1);
    int result = swl_inflate(inflater, packed, made.written, true, unpacked, CONTENT_SIZE, &read);
    if (result < 0) {
      CHECK_EQUAL(result, SWL_ERROR_MEMORY);
      failed = true;
      swl_deflater_reset(deflater);
      swl_inflater_reset(inflater);
    } else {
      CHECK_EQUAL(read.written, CONTENT_SIZE);
      CHECK_BYTES(unpacked, content, CONTENT_SIZE);
    }
  }
  swl_deflater_free(deflater);
  swl_inflater_free(inflater);
  return !failed;
}

TEST(memory_runs_out_while_compressing) {
  for (int variant = 0; variant < 7; variant++) sweep(compress_messages, variant);
}
#endif

static swl_image_layout image_layout(int variant) {
  static const swl_pixel pixels[] = {SWL_PIXEL_U8, SWL_PIXEL_U16, SWL_PIXEL_F32, SWL_PIXEL_F64};
  return (swl_image_layout){
      .rows = 100, .columns = 31, .pixel = pixels[variant % 4], .channels = variant < 4 ? 1 : 2};
}

static size_t image_size(const swl_image_layout *layout) {
  static const size_t widths[] = {1, 2, 4, 8};
  return layout->rows * layout->columns * layout->channels * widths[layout->pixel];
}

static swl_image_options image_options(const swl_allocator *allocator, int variant) {
  return (swl_image_options){.size = sizeof(swl_image_options),
                             .want = SWL_STATS_ALL,
                             .method = variant < 4 ? SWL_METHOD_AUTO : SWL_METHOD_QUICKSELECT,
                             .allocator = allocator};
}

/* Without memory there is no result; asked again, if there is some now, the right one. */
static bool image_statistics(const swl_allocator *allocator, int variant) {
  swl_image_layout layout = image_layout(variant);
  swl_image_options with = image_options(NULL, variant),
                    options = image_options(allocator, variant);
  swl_image_result expected[2] = {0}, results[2] = {0};
  memset(content, 7, CONTENT_SIZE);
  CHECK_EQUAL(swl_image_stats(content, image_size(&layout), &layout, &with, expected), SWL_OK);
  bool failed = false;
  /* Also so that the first call of the sweep exists where no memory is needed. */
  void *block = allocator->allocate(allocator->context, 1);
  allocator->release(allocator->context, block);
  for (int i = 0; i < 2; i++) {
    int error = swl_image_stats(content, image_size(&layout), &layout, &options, results);
    if (error) {
      CHECK_EQUAL(error, SWL_ERROR_MEMORY);
      failed = true;
    } else {
      CHECK_BYTES(results, expected, layout.channels * sizeof results[0]);
    }
  }
  return block && !failed;
}

TEST(memory_runs_out_for_image_statistics) {
  for (int variant = 0; variant < 8; variant++) sweep(image_statistics, variant);
}

/* An update or a finish that fails leaves the stream as it was: the same call again may succeed. */
static bool image_stream(const swl_allocator *allocator, int variant) {
  swl_image_layout layout = image_layout(variant);
  swl_image_options with = image_options(NULL, variant),
                    options = image_options(allocator, variant);
  swl_image_result expected[2] = {0}, results[2] = {0};
  size_t size = image_size(&layout);
  memset(content, 7, CONTENT_SIZE);
  CHECK_EQUAL(swl_image_stats(content, size, &layout, &with, expected), SWL_OK);
  swl_image_stream *stream;
  int error = swl_image_stream_begin(&layout, &options, &stream);
  bool failed = error;
  for (int i = 0; i < 2 && !error; i++) {
    for (size_t at = 0, piece = 1000; at < size && !error; at += piece) {
      if (piece > size - at) piece = size - at;
      error = swl_image_stream_update(stream, content + at, piece);
      failed |= error;
      if (error) error = swl_image_stream_update(stream, content + at, piece);
    }
    if (error) break;
    error = swl_image_stream_finish(stream, results);
    failed |= error;
    if (error) error = swl_image_stream_finish(stream, results);
    if (!error) CHECK_BYTES(results, expected, layout.channels * sizeof results[0]);
  }
  if (error) CHECK_EQUAL(error, SWL_ERROR_MEMORY);
  swl_image_stream_free(stream);
  return !failed;
}

TEST(memory_runs_out_for_image_streams) {
  for (int variant = 0; variant < 8; variant++) sweep(image_stream, variant);
}
