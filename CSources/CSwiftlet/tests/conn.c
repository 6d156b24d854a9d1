/*
 * Messages in and out of a connection, in both roles.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "allocator.h"
#include "generator.h"
#include "peer.h"

TEST(conn_receives_and_replies_without_allocating) {
  FOR_EACH_ROLE(role) {
    test_memory memory = {0};
    swl_allocator allocator = test_allocator(&memory);
    peer peer = peer_new((swl_conn_options){.role = role, .allocator = &allocator});
    CHECK_EQUAL(memory.calls, 1);
    bytes wire = {0};
    bytes_add_frame(&wire, FIN | TEXT, role == SWL_ROLE_SERVER, "Gr\xC3\xBC\xC3\x9F Gott", 12);
    for (int i = 0; i < 1000; i++) {
      swl_event event;
      size_t consumed;
      bytes input = {0};
      bytes_add(&input, wire.data, wire.size);
      CHECK_EQUAL(swl_conn_receive(peer.conn, input.data, input.size, &consumed, &event),
                  SWL_EVENT_MESSAGE);
      CHECK_EQUAL(consumed, input.size);
      CHECK(event.data == input.data + input.size - 12);
      CHECK_EQUAL(event.opcode, SWL_OPCODE_TEXT);
      CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, event.data, event.size), SWL_OK);
      CHECK_EQUAL(swl_conn_receive(peer.conn, NULL, 0, &consumed, &event), SWL_EVENT_NONE);
      CHECK_EQUAL(consumed, 0);
      trace_output(&peer.trace, peer.conn);
      peer_expect_frame(&peer, FIN | TEXT, "Gr\xC3\xBC\xC3\x9F Gott", 12);
      bytes_free(&input);
    }
    CHECK_EQUAL(memory.calls, 1);
    bytes_free(&wire);
    peer_end(&peer);
    CHECK_EQUAL(memory.blocks, 0);
  }
}

/* One end sends, the other reads, in pieces of every kind. */
static void check_pair(swl_role role, bool streaming, size_t size, size_t cut) {
  TEST_NOTE("role %d, streaming %d, size %zu, cut %zu", role, streaming, size, cut);
  peer sender = peer_new((swl_conn_options){.role = role});
  swl_role other = role == SWL_ROLE_SERVER ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER;
  peer reader = peer_new((swl_conn_options){.role = other, .streaming = streaming});
  reader.cut = cut;
  static uint8_t content[70000];
  test_fill(content, size, size);
  CHECK_EQUAL(swl_conn_send(sender.conn, SWL_OPCODE_BINARY, content, size), SWL_OK);
  peer_expect(&reader, 'm', SWL_OPCODE_BINARY, content, size);
  CHECK_EQUAL(swl_conn_ping(sender.conn, content, size % 126), SWL_OK);
  peer_expect(&reader, 'i', 0, content, size % 126);
  memset(content, 'a', size);
  CHECK_EQUAL(swl_conn_send(sender.conn, SWL_OPCODE_TEXT, content, size), SWL_OK);
  peer_expect(&reader, 'm', SWL_OPCODE_TEXT, content, size);
  CHECK_EQUAL(swl_conn_pong(sender.conn, content, size % 126), SWL_OK);
  peer_expect(&reader, 'o', 0, content, size % 126);
  test_fill(content, size, size);
  peer_transfer(&sender, &reader);
  peer_expect_frame(&reader, FIN | PONG, content, size % 126);
  peer_end(&sender);
  peer_end(&reader);
}

TEST(conn_messages_of_every_size_and_cut) {
  static const size_t sizes[] = {0,   1,   2,   3,   7,   16,   20,    64,    124,
                                 125, 126, 127, 128, 300, 4096, 65535, 65536, 70000};
  static const size_t cuts[] = {0, 1, 2, 3, 5, 6, 7, 13, 14, 15, 100, 127, 131, 138, 1000, 65536};
  FOR_EACH_ROLE(role)
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (size_t j = 0; j < sizeof cuts / sizeof cuts[0]; j++)
      for (int streaming = 0; streaming < 2; streaming++)
        check_pair(role, streaming, sizes[i], cuts[j]);
}

TEST(conn_reads_fragments_with_control_frames_between) {
  FOR_EACH_ROLE(role)
  for (int streaming = 0; streaming < 2; streaming++)
    for (size_t cut = 0; cut < 20; cut++) {
      TEST_NOTE("role %d, streaming %d, cut %zu", role, streaming, cut);
      peer peer = peer_new((swl_conn_options){.role = role, .streaming = streaming});
      peer.cut = cut;
      peer_feed_frame(&peer, TEXT, "\xE2\x82", 2);
      peer_feed_frame(&peer, FIN | PING, "one", 3);
      peer_feed_frame(&peer, CONT, "", 0);
      peer_feed_frame(&peer, FIN | PONG, "", 0);
      peer_feed_frame(&peer, CONT, "\xAC and so on", 10);
      peer_feed_frame(&peer, FIN | CONT, "", 0);
      peer_feed_frame(&peer, BINARY, "", 0);
      peer_feed_frame(&peer, FIN | CONT, "", 0);
      peer_feed_frame(&peer, BINARY, "", 0);
      peer_feed_frame(&peer, FIN | CONT, "x", 1);
      peer_expect(&peer, 'i', 0, "one", 3);
      peer_expect(&peer, 'o', 0, "", 0);
      peer_expect(&peer, 'm', SWL_OPCODE_TEXT, "\xE2\x82\xAC and so on", 12);
      peer_expect(&peer, 'm', SWL_OPCODE_BINARY, "", 0);
      peer_expect(&peer, 'm', SWL_OPCODE_BINARY, "x", 1);
      peer_expect_frame(&peer, FIN | PONG, "one", 3);
      peer_end(&peer);
    }
}

/* So that a message can go to many, or back twice. */
TEST(conn_event_holds_while_others_send) {
  static uint8_t content[1000];
  test_fill(content, sizeof content, 1);
  peer peer = peer_new((swl_conn_options){.role = SWL_ROLE_CLIENT});
  bytes wire = {0};
  bytes_add_frame(&wire, BINARY, false, content, 400);
  bytes_add_frame(&wire, FIN | CONT, false, content + 400, 600);
  swl_event event;
  size_t consumed;
  CHECK_EQUAL(swl_conn_receive(peer.conn, wire.data, wire.size, &consumed, &event),
              SWL_EVENT_MESSAGE);
  for (int i = 0; i < 100; i++) {
    CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, event.data, event.size), SWL_OK);
    peer_expect_frame(&peer, FIN | BINARY, content, sizeof content);
    if (i % 7 == 0) trace_output(&peer.trace, peer.conn);
  }
  CHECK_EQUAL(swl_conn_close(peer.conn, 1000, NULL, 0), SWL_OK);
  peer_expect_close(&peer, 1000);
  CHECK_BYTES(event.data, content, sizeof content);
  bytes_free(&wire);
  peer_end(&peer);
}

TEST(conn_sends_fragments_with_control_frames_between) {
  FOR_EACH_ROLE(role) {
    peer peer = peer_new((swl_conn_options){.role = role});
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_TEXT, "one", 3, false), SWL_OK);
    CHECK_EQUAL(swl_conn_ping(peer.conn, "?", 1), SWL_OK);
    CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "no", 2), SWL_ERROR_STATE);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_BINARY, "no", 2, true),
                SWL_ERROR_ARGUMENT);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_TEXT, NULL, 0, false), SWL_OK);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_TEXT, "two", 3, true), SWL_OK);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_BINARY, "", 0, true), SWL_OK);
    peer_expect_frame(&peer, TEXT, "one", 3);
    peer_expect_frame(&peer, FIN | PING, "?", 1);
    peer_expect_frame(&peer, CONT, "", 0);
    peer_expect_frame(&peer, FIN | CONT, "two", 3);
    peer_expect_frame(&peer, FIN | BINARY, "", 0);
    peer_end(&peer);
  }
}

/* A client's masks must be unpredictable, so at least not the same twice (§5.3, §10.3). */
TEST(conn_masks_with_fresh_keys) {
  swl_random shared = {0};
  for (int own = 0; own < 2; own++) {
    peer peer =
        peer_new((swl_conn_options){.role = SWL_ROLE_CLIENT, .random = own ? NULL : &shared});
    uint32_t keys[64];
    for (int i = 0; i < 64; i++) {
      size_t size;
      CHECK_EQUAL(i % 2 ? swl_conn_ping(peer.conn, "x", 1)
                        : swl_conn_send(peer.conn, SWL_OPCODE_BINARY, "x", 1),
                  SWL_OK);
      swl_frame frame;
      CHECK(swl_frame_parse(swl_conn_output(peer.conn, &size), 7, &frame) == 6 && size == 7);
      keys[i] = frame.mask;
      swl_conn_sent(peer.conn, size);
      for (int j = 0; j < i; j++) CHECK(keys[i] != keys[j]);
    }
    peer_end(&peer);
  }
  CHECK(shared.left > 0);
}

/* Without them a client sends nothing, for it could not mask it. */
TEST(conn_of_a_client_needs_random_bytes) {
  peer peer = peer_new((swl_conn_options){.role = SWL_ROLE_CLIENT});
  test_generator = BROKEN;
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "x", 1), SWL_ERROR_CRYPTO);
  CHECK_EQUAL(swl_conn_ping(peer.conn, "x", 1), SWL_ERROR_CRYPTO);
  CHECK_EQUAL(swl_conn_close(peer.conn, 1000, NULL, 0), SWL_ERROR_CRYPTO);
  CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_OPEN);
  test_generator = WELL;
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "x", 1), SWL_OK);
  peer_expect_frame(&peer, FIN | TEXT, "x", 1);
  peer_end(&peer);

  test_generator = BROKEN;
  for (int close = 0; close < 2; close++) {
    peer = peer_new((swl_conn_options){.role = SWL_ROLE_CLIENT});
    peer_feed_frame(&peer, FIN | (close ? CLOSE : PING), "", 0);
    peer_expect(&peer, 'e', SWL_ERROR_CRYPTO, NULL, 0);
    CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_CLOSED);
    peer_end(&peer);
  }
  test_generator = WELL;
}

TEST(conn_refuses_wrong_arguments) {
  swl_conn *conn;
  peer peer = peer_new((swl_conn_options){0});
  static const swl_opcode bad[] = {SWL_OPCODE_CONTINUATION, SWL_OPCODE_CLOSE, SWL_OPCODE_PING,
                                   (swl_opcode)3};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_EQUAL(swl_conn_send(peer.conn, bad[i], "x", 1), SWL_ERROR_ARGUMENT);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, bad[i], "x", 1, false), SWL_ERROR_ARGUMENT);
  }
  uint8_t payload[126] = {0};
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, NULL, 1), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_ping(peer.conn, payload, 126), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_pong(peer.conn, payload, 126), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_ping(peer.conn, NULL, 1), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, payload, SIZE_MAX), SWL_ERROR_MEMORY);
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_BINARY, payload, SIZE_MAX - 22),
              SWL_ERROR_MEMORY);
  peer_end(&peer);
  swl_conn_options options = {.size = sizeof options, .role = (swl_role)2};
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_ARGUMENT);
  options = (swl_conn_options){.size = sizeof(size_t) - 1};
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_ARGUMENT);
  swl_limits limits = {0};
  options = (swl_conn_options){.size = sizeof options, .limits = &limits};
  CHECK_EQUAL(swl_conn_new(&conn, &options), SWL_ERROR_ARGUMENT);
  swl_conn_free(NULL);
}

/* A program that was built with an older header gives smaller structs. */
TEST(conn_reads_no_option_behind_the_size) {
  swl_limits limits = {
      .size = offsetof(swl_limits, max_fragments), .max_message_size = 10, .max_fragments = 1};
  swl_conn_options options = {
      .size = offsetof(swl_conn_options, max_queue), .limits = &limits, .max_queue = 1};
  peer peer = {.role = SWL_ROLE_SERVER};
  CHECK_EQUAL(swl_conn_new(&peer.conn, &options), SWL_OK);
  /* Copied, so that this changes nothing. */
  limits.max_message_size = 1;
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "one", 3), SWL_OK);
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "two", 3), SWL_OK);
  peer_expect_frame(&peer, FIN | TEXT, "one", 3);
  peer_expect_frame(&peer, FIN | TEXT, "two", 3);
  peer_feed_frame(&peer, BINARY, "12345", 5);
  peer_feed_frame(&peer, FIN | CONT, "67890", 5);
  peer_expect(&peer, 'm', SWL_OPCODE_BINARY, "1234567890", 10);
  peer_feed_frame(&peer, FIN | BINARY, "12345678901", 11);
  peer_expect(&peer, 'e', SWL_ERROR_MESSAGE_SIZE, NULL, 0);
  peer_expect_close(&peer, 1009);
  peer_end(&peer);

  CHECK_EQUAL(swl_conn_new(&peer.conn, NULL), SWL_OK);
  CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_OPEN);
  swl_conn_free(peer.conn);
}
