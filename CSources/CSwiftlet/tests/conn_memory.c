/*
 * What a connection holds: its queue of output and the buffer of a message, and that neither is the
 * peer's to fill.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "allocator.h"
#include "peer.h"

static size_t output_size(const peer *peer) {
  size_t size;
  swl_conn_output(peer->conn, &size);
  return size;
}

TEST(conn_queue_has_a_limit) {
  peer peer = peer_new((swl_conn_options){.max_queue = 10});
  uint8_t payload[100] = {0};
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, payload, 8), SWL_OK);
  /* Ten bytes may wait. */
  CHECK_EQUAL(output_size(&peer), 10);
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, payload, 100), SWL_OK);
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, NULL, 0), SWL_ERROR_QUEUE);
  CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_BINARY, NULL, 0, false),
              SWL_ERROR_QUEUE);
  CHECK_EQUAL(swl_conn_ping(peer.conn, NULL, 0), SWL_ERROR_QUEUE);
  CHECK_EQUAL(swl_conn_pong(peer.conn, NULL, 0), SWL_ERROR_QUEUE);
  CHECK_EQUAL(output_size(&peer), 112);
  /* The front goes first, in pieces. */
  swl_conn_sent(peer.conn, 10);
  CHECK_EQUAL(output_size(&peer), 102);
  swl_conn_sent(peer.conn, 91);
  CHECK_EQUAL(swl_conn_ping(peer.conn, NULL, 0), SWL_ERROR_QUEUE);
  swl_conn_sent(peer.conn, 1);
  CHECK_EQUAL(swl_conn_ping(peer.conn, "?", 1), SWL_OK);
  CHECK_EQUAL(swl_conn_ping(peer.conn, "?", 1), SWL_ERROR_QUEUE);
  swl_conn_sent(peer.conn, 10);
  peer_expect_frame(&peer, FIN | PING, "?", 1);
  peer_end(&peer);
}

/* Bytes leave in the order they were queued, however queueing and writing take turns. */
TEST(conn_queue_keeps_the_order) {
  test_memory memory = {0};
  swl_allocator allocator = test_allocator(&memory);
  peer peer = peer_new((swl_conn_options){.allocator = &allocator});
  uint64_t seed = 7;
  uint8_t payload[1000];
  bytes queued = {0}, written = {0};
  size_t most = 0;
  for (int i = 0; i < 20000; i++) {
    size_t waiting;
    const uint8_t *output = swl_conn_output(peer.conn, &waiting);
    if (test_random(&seed) % 2 && waiting < 5000) {
      size_t size = test_random(&seed) % sizeof payload;
      test_fill(payload, size, (uint64_t)i);
      bytes_add_frame(&queued, FIN | BINARY, false, payload, size);
      CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, payload, size), SWL_OK);
    } else {
      size_t size = test_random(&seed) % (waiting + 1);
      bytes_add(&written, output, size);
      swl_conn_sent(peer.conn, size);
    }
    if (output_size(&peer) > most) most = output_size(&peer);
  }
  size_t rest;
  const uint8_t *output = swl_conn_output(peer.conn, &rest);
  bytes_add(&written, output, rest);
  swl_conn_sent(peer.conn, SIZE_MAX);
  CHECK_EQUAL(written.size, queued.size);
  CHECK_BYTES(written.data, queued.data, queued.size);
  /* No more memory than a few times of what has ever waited. */
  CHECK(most > 3000);
  CHECK(memory.peak < 6 * most);
  CHECK(memory.calls < 30);
  bytes_free(&queued);
  bytes_free(&written);
  peer_end(&peer);
  CHECK_EQUAL(memory.blocks, 0);
}

TEST(conn_answers_pings_in_order_while_there_is_room) {
  FOR_EACH_ROLE(role) {
    peer peer = peer_new((swl_conn_options){.role = role, .max_queue = 1000});
    uint8_t payload[125];
    for (size_t size = 0; size <= 125; size += 25) {
      test_fill(payload, size, size);
      peer_feed_frame(&peer, FIN | PING, payload, size);
      peer_expect(&peer, 'i', 0, payload, size);
      peer_expect_frame(&peer, FIN | PONG, payload, size);
    }
    peer_end(&peer);
  }
}

/* A peer that pings and does not read gets no memory of ours. */
TEST(conn_answers_the_latest_ping_when_there_is_room_again) {
  static const size_t limits[] = {1, 100, 5000, 1000000, 0};
  FOR_EACH_ROLE(role)
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    TEST_NOTE("role %d, limit %zu", role, limits[i]);
    test_memory memory = {0};
    swl_allocator allocator = test_allocator(&memory);
    peer peer =
        peer_new((swl_conn_options){.role = role, .max_queue = limits[i], .allocator = &allocator});
    size_t limit = limits[i] && limits[i] < 65536 ? limits[i] : 65536;
    size_t frame = (role == SWL_ROLE_CLIENT ? 6 : 2) + 4, answered = limit / frame + 1;
    size_t most = 0;
    uint32_t last = 0;
    for (uint32_t ping = 0; ping < 20000; ping++) {
      peer_feed_frame(&peer, FIN | PING, &ping, 4);
      peer_expect(&peer, 'i', 0, &ping, 4);
      if (ping < answered) peer_expect_frame(&peer, FIN | PONG, &ping, 4);
      if (output_size(&peer) > most) most = output_size(&peer);
      last = ping;
    }
    CHECK_EQUAL(most, answered * frame);
    CHECK(memory.peak < 4096 + 2 * 65536 + 2 * limit);
    trace_output(&peer.trace, peer.conn);
    CHECK_EQUAL(output_size(&peer), frame);
    peer_expect_frame(&peer, FIN | PONG, &last, 4);
    peer_end(&peer);
    CHECK_EQUAL(memory.blocks, 0);
  }
}

TEST(conn_drops_the_waiting_pong_when_it_closes) {
  peer peer = peer_new((swl_conn_options){.max_queue = 1});
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "x", 1), SWL_OK);
  peer_feed_frame(&peer, FIN | PING, "?", 1);
  peer_expect(&peer, 'i', 0, "?", 1);
  CHECK_EQUAL(swl_conn_close(peer.conn, 1000, NULL, 0), SWL_OK);
  peer_expect_frame(&peer, FIN | TEXT, "x", 1);
  peer_expect_close(&peer, 1000);
  swl_conn_sent(peer.conn, 0);
  peer_end(&peer);
}

/* A header that promises much gets nothing; what has come is held, and little more. */
TEST(conn_message_grows_with_what_has_arrived) {
  test_memory memory = {0};
  swl_allocator allocator = test_allocator(&memory);
  peer peer = peer_new((swl_conn_options){.allocator = &allocator});
  size_t object = memory.bytes;
  static const uint8_t header[] = {0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF,
                                   0xFF, 0xFF, 0xFF, 1,    2,    3,    4};
  peer_feed(&peer, header, sizeof header);
  CHECK_EQUAL(memory.bytes, object);
  uint8_t piece[777] = {0};
  for (size_t arrived = sizeof piece; arrived < 1000000; arrived += sizeof piece) {
    peer_feed(&peer, piece, sizeof piece);
    CHECK(memory.bytes - object <= 2 * arrived);
  }
  CHECK(memory.calls < 20);
  peer_end(&peer);
  CHECK_EQUAL(memory.blocks, 0);
}

/* What docs/embedding.md says. */
TEST(conn_takes_little_while_idle) {
  test_memory memory = {0};
  swl_allocator allocator = test_allocator(&memory);
  swl_conn_options options = {.size = sizeof options, .allocator = &allocator};
  swl_conn *conn;
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_OK);
  CHECK(memory.peak < 1024);
  swl_conn_free(conn);
#if SWL_WITH_DEFLATE
  options.deflate = &(swl_deflate_agreement){15, 15, false, false};
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_OK);
  CHECK(memory.peak + 32768 < 320 * 1024); /* zlib takes the window to inflate with later */
  swl_conn_free(conn);
#endif
  CHECK_EQUAL(memory.blocks, 0);
}

TEST(conn_gives_large_buffers_back) {
  test_memory memory = {0};
  swl_allocator allocator = test_allocator(&memory);
  peer peer = peer_new((swl_conn_options){.allocator = &allocator});
  size_t object = memory.bytes;
  static uint8_t content[200000];
  test_fill(content, sizeof content, 1);
  for (size_t size = 1000; size <= sizeof content; size += 1000) {
    peer_feed_frame(&peer, BINARY, content, size / 2);
    peer_feed_frame(&peer, FIN | CONT, content + size / 2, size - size / 2);
    peer_expect(&peer, 'm', SWL_OPCODE_BINARY, content, size);
    CHECK(memory.bytes - object <= 2 * 65536);
    CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, content, size), SWL_OK);
    trace_output(&peer.trace, peer.conn);
    peer_expect_frame(&peer, FIN | BINARY, content, size);
    CHECK(memory.bytes - object <= 2 * 65536);
  }
  CHECK_EQUAL(memory.bytes, object);
  peer_end(&peer);
}

/* Only the header was cut off: the payload is handed out where it lies. */
TEST(conn_does_not_copy_a_payload_that_lies_whole_in_the_input) {
  test_memory memory = {0};
  swl_allocator allocator = test_allocator(&memory);
  peer peer = peer_new((swl_conn_options){.role = SWL_ROLE_CLIENT, .allocator = &allocator});
  uint8_t wire[4 + 1000] = {0x82, 126, 1000 >> 8, 1000 & 255};
  for (size_t cut = 1; cut <= 4; cut++) {
    swl_event event;
    size_t consumed;
    CHECK_EQUAL(swl_conn_receive(peer.conn, wire, cut, &consumed, &event), SWL_EVENT_NONE);
    CHECK_EQUAL(consumed, cut);
    CHECK_EQUAL(swl_conn_receive(peer.conn, wire + cut, sizeof wire - cut, &consumed, &event),
                SWL_EVENT_MESSAGE);
    CHECK(event.data == wire + 4);
    CHECK_EQUAL(event.size, 1000);
  }
  CHECK_EQUAL(memory.calls, 1);
  peer_end(&peer);
}
