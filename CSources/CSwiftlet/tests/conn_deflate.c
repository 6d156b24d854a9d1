/*
 * A connection with compression, RFC 7692. A build without it refuses one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "allocator.h"
#include "peer.h"

static const swl_deflate_agreement plain_agreement = {15, 15, false, false};

#if SWL_WITH_DEFLATE
static swl_role other_role(swl_role role) {
  return role == SWL_ROLE_SERVER ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER;
}

/* Text of that many bytes which compresses, and repeats from message to message. */
static void fill_text(uint8_t *text, size_t size, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  static const char *const words[] = {"swift ", "echo ", "cave ", "gr\xC3\xBC\xC3\x9F ", "nest "};
  for (size_t at = 0; at < size;) {
    const char *word = words[test_random(&state) % 5];
    size_t length = strlen(word);
    if (length > size - at) {
      text[at++] = ' ';
    } else {
      memcpy(text + at, word, length);
      at += length;
    }
  }
}

/* Frames queued: RSV1 of the first one, and how many bytes they are. */
static bool output_is_compressed(const peer *peer, size_t *size) {
  const uint8_t *output = swl_conn_output(peer->conn, size);
  return *size && output[0] & RSV1;
}

static void check_agreement(swl_role role, const swl_deflate_agreement *agreement, bool streaming) {
  TEST_NOTE("role %d, streaming %d, windows %d %d, takeover %d %d", role, streaming,
            agreement->server_window_bits, agreement->client_window_bits,
            !agreement->server_without_takeover, !agreement->client_without_takeover);
  peer sender = peer_new((swl_conn_options){.role = role, .deflate = agreement});
  peer reader = peer_new(
      (swl_conn_options){.role = other_role(role), .deflate = agreement, .streaming = streaming});
  bool server = role == SWL_ROLE_SERVER;
  int window = server ? agreement->server_window_bits : agreement->client_window_bits;
  bool takeover =
      !(server ? agreement->server_without_takeover : agreement->client_without_takeover);
  static const size_t sizes[] = {0, 63, 64, 500, 500, 5000, 70000, 70000, 3};
  static uint8_t text[70000];
  size_t taken[sizeof sizes / sizeof sizes[0]];
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    fill_text(text, sizes[i], 1);
    CHECK_EQUAL(swl_conn_send(sender.conn, SWL_OPCODE_TEXT, text, sizes[i]), SWL_OK);
    CHECK_EQUAL(output_is_compressed(&sender, &taken[i]), window > 8 && sizes[i] >= 64);
    if (window > 8 && sizes[i] >= 500) CHECK(taken[i] < sizes[i]);
    reader.cut = i % 3 ? 0 : 1 + i * 100;
    peer_transfer(&sender, &reader);
    peer_expect(&reader, 'm', SWL_OPCODE_TEXT, text, sizes[i]);
  }
  /* The same once more is nothing new to who remembers it all. */
  if (window > 9) CHECK((taken[4] < 32) == takeover);
  peer_end(&sender);
  peer_end(&reader);
}

TEST(conn_deflate_by_every_agreement) {
  static const uint8_t windows[] = {8, 9, 11, 15};
  FOR_EACH_ROLE(role)
  for (size_t i = 0; i < 16; i++)
    for (int flags = 0; flags < 8; flags++) {
      swl_deflate_agreement agreement = {windows[i / 4], windows[i % 4], flags & 1, flags & 2};
      check_agreement(role, &agreement, flags & 4);
    }
}

TEST(conn_deflate_options) {
  static uint8_t text[4000];
  fill_text(text, sizeof text, 2);
  swl_deflate_options wishes = {.size = sizeof wishes, .threshold = 1000, .level = 1};
  size_t fast, small, size;
  for (int pass = 0; pass < 2; pass++) {
    peer peer =
        peer_new((swl_conn_options){.deflate = &plain_agreement, .deflate_options = &wishes});
    CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, text, 999), SWL_OK);
    CHECK(!output_is_compressed(&peer, &size));
    swl_conn_sent(peer.conn, size);
    CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, text, sizeof text), SWL_OK);
    CHECK(output_is_compressed(&peer, pass ? &small : &fast));
    swl_conn_sent(peer.conn, SIZE_MAX);
    peer_end(&peer);
    wishes.level = 9;
  }
  CHECK(small < fast);
  wishes.level = 10;
  swl_conn_options options = {
      .size = sizeof options, .deflate = &plain_agreement, .deflate_options = &wishes};
  swl_conn *conn;
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_ARGUMENT);
  swl_deflate_agreement wrong = {7, 15, false, false};
  options = (swl_conn_options){.size = sizeof options, .deflate = &wrong};
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_ARGUMENT);
  wrong = (swl_deflate_agreement){15, 16, false, false};
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_ARGUMENT);
}

/* Fragments of every size, pings between them; the message comes out whole. */
TEST(conn_deflate_fragments) {
  static uint8_t text[100000];
  FOR_EACH_ROLE(role)
  for (int variant = 0; variant < 8; variant++) {
    bool streaming = variant & 1, random = variant & 2;
    swl_deflate_agreement agreement = {15, 10, variant & 4, variant & 4};
    TEST_NOTE("role %d, variant %d", role, variant);
    peer sender = peer_new((swl_conn_options){.role = role, .deflate = &agreement});
    peer reader = peer_new((swl_conn_options){
        .role = other_role(role), .deflate = &agreement, .streaming = streaming});
    uint64_t seed = 3;
    for (size_t size = 0; size <= sizeof text; size = size * 3 + 1) {
      if (random)
        test_fill(text, size, size);
      else
        fill_text(text, size, 1);
      swl_opcode opcode = random ? SWL_OPCODE_BINARY : SWL_OPCODE_TEXT;
      for (size_t at = 0, piece; at < size; at += piece) {
        piece = test_random(&seed) % (size / 3 + 2);
        if (piece > size - at) piece = size - at;
        CHECK_EQUAL(swl_conn_send_fragment(sender.conn, opcode, text + at, piece, false), SWL_OK);
        CHECK_EQUAL(swl_conn_ping(sender.conn, "?", 1), SWL_OK);
        peer_expect(&reader, 'i', 0, "?", 1);
        peer_expect_frame(&reader, FIN | PONG, "?", 1);
      }
      CHECK_EQUAL(swl_conn_send_fragment(sender.conn, opcode, NULL, 0, true), SWL_OK);
      /* RSV1 on the first frame only. */
      size_t waiting;
      const uint8_t *output = swl_conn_output(sender.conn, &waiting);
      swl_frame frame;
      for (size_t at = 0; at < waiting; at += frame.header_size + frame.length) {
        CHECK(swl_frame_parse(output + at, waiting - at, &frame) > 0);
        CHECK_EQUAL(frame.reserved, at == 0 && size > 0 ? 4 : 0);
      }
      reader.cut = size % 7 * 5;
      peer_transfer(&sender, &reader);
      peer_expect(&reader, 'm', (int)opcode, text, size);
    }
    peer_end(&sender);
    peer_end(&reader);
  }
}

/* Appends a compressed message as the other end of `role` would send it. */
static void add_compressed(bytes *wire, swl_role role, swl_opcode opcode, const void *data,
                           size_t size, size_t frames) {
  swl_deflate_options wishes = {.size = sizeof wishes, .threshold = 1};
  peer sender = peer_new((swl_conn_options){
      .role = other_role(role), .deflate = &plain_agreement, .deflate_options = &wishes});
  for (size_t i = 0; i < frames; i++) {
    size_t from = size * i / frames, to = size * (i + 1) / frames;
    CHECK_EQUAL(swl_conn_send_fragment(sender.conn, opcode, (const uint8_t *)data + from, to - from,
                                       i + 1 == frames),
                SWL_OK);
  }
  size_t waiting;
  const void *output = swl_conn_output(sender.conn, &waiting);
  bytes_add(wire, output, waiting);
  swl_conn_sent(sender.conn, waiting);
  peer_end(&sender);
}

/* One stream, whole and streamed, cut everywhere. */
TEST(conn_deflate_events_do_not_depend_on_cuts) {
  static uint8_t content[40000];
  FOR_EACH_ROLE(role) {
    bytes wire = {0};
    bool masked = role == SWL_ROLE_SERVER;
    swl_deflate_agreement agreement = {15, 15, true, true};
    fill_text(content, 300, 1);
    add_compressed(&wire, role, SWL_OPCODE_TEXT, content, 300, 1);
    bytes_add_frame(&wire, FIN | PING, masked, "?", 1);
    fill_text(content, 500, 2);
    add_compressed(&wire, role, SWL_OPCODE_TEXT, content, 500, 3);
    bytes_add_frame(&wire, FIN | TEXT, masked, "plain", 5);
    memset(content, 0, sizeof content);
    add_compressed(&wire, role, SWL_OPCODE_BINARY, content, sizeof content, 2);
    /* A last frame without payload, and a message without content. */
    bytes_add_frame(&wire, RSV1 | TEXT, masked, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7);
    bytes_add_frame(&wire, FIN | CONT, masked, "", 0);
    bytes_add_frame(&wire, FIN | RSV1 | TEXT, masked, "\x00", 1);
    bytes_add_frame(&wire, FIN | CLOSE, masked, "\x03\xE8", 2);

    swl_conn_options options = {.size = sizeof options, .role = role, .deflate = &agreement};
    size_t steps[2] = {SIZE_MAX, SIZE_MAX};
    trace expected = trace_conn(&options, (struct trace){0}, wire.data, wire.size, steps, 1);
    CHECK_EQUAL(expected.messages, 6);
    CHECK_EQUAL(expected.close_code, 1000);
    for (size_t cut = 1; cut < wire.size; cut++)
      for (int variant = 0; variant < 4; variant++) {
        TEST_NOTE("role %d, cut %zu, variant %d", role, cut, variant);
        options.streaming = variant & 1;
        steps[0] = cut;
        trace trace = trace_conn(&options, (struct trace){0}, wire.data, wire.size, steps,
                                 variant & 2 ? 1 : 2);
        CHECK(trace_equal(&trace, &expected));
        trace_free(&trace);
      }
    trace_free(&expected);
    bytes_free(&wire);
  }
}

/* What compressed bytes are refused, and why. */
TEST(conn_deflate_breaches) {
  static const struct {
    const char *name, *payload;
    size_t size;
    int opcode, error;
    uint16_t code;
  } wrong[] = {
      {"no block", "\xFF", 1, BINARY, SWL_ERROR_DEFLATE, 1007},
      {"cut off", "\xF2\x48\xCD", 3, BINARY, SWL_ERROR_DEFLATE, 1007},
      {"text", "\x00\x02\x00\xFD\xFFz\xFF\x00", 8, TEXT, SWL_ERROR_UTF8, 1007},
      {"half a character", "\x00\x02\x00\xFD\xFFz\xC3\x00", 8, TEXT, SWL_ERROR_UTF8, 1007},
      {"text before what is no block", "\x00\x02\x00\xFD\xFFz\xFF\xFF", 8, TEXT, SWL_ERROR_UTF8,
       1007},
  };
  FOR_EACH_ROLE(role)
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    for (int streaming = 0; streaming < 2; streaming++)
      for (size_t cut = 0; cut < 12; cut++) {
        TEST_NOTE("role %d, %s, streaming %d, cut %zu", role, wrong[i].name, streaming, cut);
        peer peer = peer_new(
            (swl_conn_options){.role = role, .streaming = streaming, .deflate = &plain_agreement});
        peer.cut = cut;
        peer_feed_frame(&peer, FIN | RSV1 | wrong[i].opcode, wrong[i].payload, wrong[i].size);
        peer_expect(&peer, 'e', wrong[i].error, NULL, 0);
        peer_expect_close(&peer, wrong[i].code);
        CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_CLOSED);
        peer_end(&peer);
      }
}

/* A megabyte in a thousand bytes: the limit holds for what it becomes, and memory with it. */
TEST(conn_deflate_limit) {
  enum { SIZE = 1000000, LIMIT = 100000 };
  uint8_t *content = calloc(SIZE, 1);
  CHECK(content != NULL);
  swl_limits limits = {.size = sizeof limits, .max_message_size = LIMIT};
  FOR_EACH_ROLE(role)
  for (int variant = 0; variant < 8; variant++) {
    bool streaming = variant & 1, fits = variant & 2, text = variant & 4;
    TEST_NOTE("role %d, variant %d", role, variant);
    test_memory memory = {0};
    swl_allocator allocator = test_allocator(&memory);
    peer peer = peer_new((swl_conn_options){.role = role,
                                            .streaming = streaming,
                                            .limits = &limits,
                                            .deflate = &plain_agreement,
                                            .allocator = &allocator});
    size_t before = memory.bytes;
    peer.cut = 100;
    /* Of what is beyond the limit nothing is looked at. */
    content[LIMIT] = 0xFF;
    size_t size = fits ? LIMIT : SIZE;
    bytes wire = {0};
    swl_opcode opcode = text ? SWL_OPCODE_TEXT : SWL_OPCODE_BINARY;
    add_compressed(&wire, role, opcode, content, size, 2);
    CHECK(wire.size < LIMIT / 10);
    peer_feed(&peer, wire.data, wire.size);
    bytes_free(&wire);
    if (fits) {
      peer_expect(&peer, 'm', (int)opcode, content, size);
    } else {
      peer_expect(&peer, 'e', SWL_ERROR_MESSAGE_SIZE, NULL, 0);
      peer_expect_close(&peer, 1009);
    }
    CHECK(memory.peak - before <= (streaming ? 65536 : 4 * LIMIT));
    peer_end(&peer);
    CHECK_EQUAL(memory.blocks, 0);
  }
  free(content);
}

/* Our close frame may come between two pieces of a message that is being inflated. */
TEST(conn_deflate_closes_inside_a_streamed_message) {
  static uint8_t content[100000];
  FOR_EACH_ROLE(role) {
    bytes wire = {0};
    add_compressed(&wire, role, SWL_OPCODE_BINARY, content, sizeof content, 2);
    add_compressed(&wire, role, SWL_OPCODE_BINARY, content, sizeof content, 1);
    bytes_add_frame(&wire, FIN | CLOSE, role == SWL_ROLE_SERVER, "\x03\xE8", 2);
    for (size_t events = 1; events < 16; events++) {
      TEST_NOTE("role %d, after %zu events", role, events);
      bytes input = {0};
      bytes_add(&input, wire.data, wire.size);
      peer peer = peer_new(
          (swl_conn_options){.role = role, .streaming = true, .deflate = &plain_agreement});
      swl_event event;
      size_t at = 0, consumed;
      for (size_t i = 0; i < events; i++, at += consumed)
        CHECK(swl_conn_receive(peer.conn, input.data + at, input.size - at, &consumed, &event) > 0);
      CHECK_EQUAL(swl_conn_close(peer.conn, 1000, NULL, 0), SWL_OK);
      int kind = SWL_EVENT_NONE;
      for (size_t piece = events % 3 ? 7 : input.size; at < input.size; at += consumed) {
        CHECK_EQUAL(kind, SWL_EVENT_NONE);
        if (piece > input.size - at) piece = input.size - at;
        kind = swl_conn_receive(peer.conn, input.data + at, piece, &consumed, &event);
      }
      CHECK_EQUAL(kind, SWL_EVENT_CLOSE);
      CHECK_EQUAL(event.close_code, 1000);
      peer_expect_close(&peer, 1000);
      peer_end(&peer);
      bytes_free(&input);
    }
    bytes_free(&wire);
  }
}

/* The rest of the input may also come back in pieces, or not at once. */
TEST(conn_deflate_takes_the_rest_in_pieces) {
  static uint8_t content[100000];
  fill_text(content, sizeof content, 1);
  FOR_EACH_ROLE(role) {
    bytes wire = {0};
    add_compressed(&wire, role, SWL_OPCODE_TEXT, content, sizeof content, 1);
    peer peer =
        peer_new((swl_conn_options){.role = role, .streaming = true, .deflate = &plain_agreement});
    swl_event event;
    size_t at, consumed, size = 0;
    CHECK_EQUAL(swl_conn_receive(peer.conn, wire.data, wire.size, &at, &event), SWL_EVENT_BEGIN);
    CHECK(at < wire.size);
    int kind = SWL_EVENT_BEGIN;
    for (size_t piece = 0; kind != SWL_EVENT_END; piece = (piece + 1) % 4, at += consumed) {
      if (piece > wire.size - at) piece = wire.size - at;
      kind = swl_conn_receive(peer.conn, wire.data + at, piece, &consumed, &event);
      if (kind == SWL_EVENT_DATA) {
        CHECK(event.size <= sizeof content - size);
        CHECK_BYTES(event.data, content + size, event.size);
        size += event.size;
      }
    }
    CHECK_EQUAL(at, wire.size);
    CHECK_EQUAL(size, sizeof content);
    bytes_free(&wire);
    peer_end(&peer);
  }
}
#else
TEST(conn_without_deflate) {
  swl_conn_options options = {.size = sizeof options, .deflate = &plain_agreement};
  swl_conn *conn;
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_UNSUPPORTED);
  CHECK(conn == NULL);
}
#endif
