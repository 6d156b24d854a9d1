/*
 * The close handshake, RFC 6455 §5.5.1 and §7, from both ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "peer.h"

/* Nothing can be queued, and what comes is ignored. */
static void check_closed(peer *peer) {
  CHECK_EQUAL(swl_conn_state(peer->conn), SWL_STATE_CLOSED);
  CHECK_EQUAL(swl_conn_send(peer->conn, SWL_OPCODE_TEXT, "x", 1), SWL_ERROR_STATE);
  CHECK_EQUAL(swl_conn_send_fragment(peer->conn, SWL_OPCODE_TEXT, "x", 1, false), SWL_ERROR_STATE);
  CHECK_EQUAL(swl_conn_ping(peer->conn, "x", 1), SWL_ERROR_STATE);
  CHECK_EQUAL(swl_conn_pong(peer->conn, "x", 1), SWL_ERROR_STATE);
  CHECK_EQUAL(swl_conn_close(peer->conn, 1000, NULL, 0), SWL_ERROR_STATE);
  peer_feed_frame(peer, FIN | TEXT, "late", 4);
  peer_feed_frame(peer, FIN | PING, "late", 4);
  peer_feed(peer, "\xFF\xFF\xFF", 3);
}

TEST(conn_answers_close_with_its_code) {
  static const uint16_t codes[] = {0,    1000, 1001, 1002, 1003, 1007, 1008, 1009,
                                   1010, 1011, 1012, 1013, 1014, 3000, 3999, 4999};
  FOR_EACH_ROLE(role)
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    for (size_t reason = 0; reason <= 123; reason += 41)
      for (size_t cut = 0; cut < 3; cut++) {
        uint16_t code = codes[i];
        TEST_NOTE("role %d, code %u, reason %zu, cut %zu", role, code, reason, cut);
        uint8_t payload[125] = {(uint8_t)(code >> 8), (uint8_t)code};
        memset(payload + 2, 'r', reason);
        peer peer = peer_new((swl_conn_options){.role = role});
        peer.cut = cut;
        peer_feed_frame(&peer, FIN | CLOSE, payload, code ? 2 + reason : 0);
        peer_expect(&peer, 'c', code ? code : 1005, payload + 2, code ? reason : 0);
        peer_expect_close(&peer, code);
        check_closed(&peer);
        peer_end(&peer);
      }
}

TEST(conn_refuses_a_wrong_close_frame) {
  static const struct {
    const char *payload;
    size_t size;
    int error;
    uint16_t code;
  } wrong[] = {
      {"x", 1, SWL_ERROR_CLOSE_PAYLOAD, 1002},
      {"\x03\xE7", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 999 */
      {"\x03\xEC", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 1004 */
      {"\x03\xED", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 1005 */
      {"\x03\xEE", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 1006 */
      {"\x03\xF7", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 1015 */
      {"\x07\xD0", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 2000 */
      {"\x13\x88", 2, SWL_ERROR_CLOSE_CODE, 1002},       /* 5000 */
      {"\x03\xE8\xC3", 3, SWL_ERROR_UTF8, 1007},         /* half a character */
      {"\x03\xE8\xED\xA0\x80", 5, SWL_ERROR_UTF8, 1007}, /* a surrogate */
  };
  FOR_EACH_ROLE(role)
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    TEST_NOTE("role %d, frame %zu", role, i);
    peer peer = peer_new((swl_conn_options){.role = role});
    peer_feed_frame(&peer, FIN | CLOSE, wrong[i].payload, wrong[i].size);
    peer_expect(&peer, 'e', wrong[i].error, NULL, 0);
    peer_expect_close(&peer, wrong[i].code);
    check_closed(&peer);
    peer_end(&peer);
  }
}

TEST(conn_closes_and_waits_for_the_answer) {
  FOR_EACH_ROLE(role)
  for (int streaming = 0; streaming < 2; streaming++) {
    TEST_NOTE("role %d, streaming %d", role, streaming);
    peer peer = peer_new((swl_conn_options){.role = role, .streaming = streaming});
    peer_feed_frame(&peer, BINARY, "begun", 5);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_TEXT, "begun", 5, false), SWL_OK);
    CHECK_EQUAL(swl_conn_close(peer.conn, 1001, "gr\xC3\xBC\xC3\x9F", 6), SWL_OK);
    CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_CLOSING);
    CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "x", 1), SWL_ERROR_STATE);
    CHECK_EQUAL(swl_conn_send_fragment(peer.conn, SWL_OPCODE_TEXT, "x", 1, true), SWL_ERROR_STATE);
    CHECK_EQUAL(swl_conn_ping(peer.conn, "x", 1), SWL_ERROR_STATE);
    CHECK_EQUAL(swl_conn_pong(peer.conn, "x", 1), SWL_ERROR_STATE);
    CHECK_EQUAL(swl_conn_close(peer.conn, 1000, NULL, 0), SWL_ERROR_STATE);
    /* What was under way is neither reported nor answered. */
    peer_feed_frame(&peer, FIN | PING, "x", 1);
    peer_feed_frame(&peer, FIN | CONT, "ended", 5);
    peer_feed_frame(&peer, FIN | TEXT, "another", 7);
    peer_feed_frame(&peer, FIN | PONG, "x", 1);
    CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_CLOSING);
    peer_feed_frame(&peer, FIN | CLOSE, "\x03\xE9", 2);
    peer_expect(&peer, 'c', 1001, NULL, 0);
    peer_expect_frame(&peer, TEXT, "begun", 5);
    peer_expect_frame(&peer, FIN | CLOSE, "\x03\xE9gr\xC3\xBC\xC3\x9F", 8);
    check_closed(&peer);
    peer_end(&peer);
  }
}

TEST(conn_reports_a_breach_after_its_close_frame) {
  FOR_EACH_ROLE(role) {
    peer peer = peer_new((swl_conn_options){.role = role});
    CHECK_EQUAL(swl_conn_close(peer.conn, 0, NULL, 0), SWL_OK);
    peer_feed_frame(&peer, FIN | TEXT, "\xFF", 1);
    peer_expect(&peer, 'e', SWL_ERROR_UTF8, NULL, 0);
    peer_expect_close(&peer, 0);
    check_closed(&peer);
    peer_end(&peer);
  }
}

TEST(conn_both_ends_close_at_once) {
  peer client = peer_new((swl_conn_options){.role = SWL_ROLE_CLIENT});
  peer server = peer_new((swl_conn_options){.role = SWL_ROLE_SERVER});
  CHECK_EQUAL(swl_conn_close(client.conn, 1000, NULL, 0), SWL_OK);
  CHECK_EQUAL(swl_conn_close(server.conn, 1001, NULL, 0), SWL_OK);
  peer_transfer(&client, &server);
  peer_transfer(&server, &client);
  peer_expect(&server, 'c', 1000, NULL, 0);
  peer_expect(&client, 'c', 1001, NULL, 0);
  check_closed(&client);
  check_closed(&server);
  peer_end(&client);
  peer_end(&server);
}

TEST(conn_refuses_to_send_a_wrong_close_frame) {
  uint8_t reason[124];
  memset(reason, 'r', sizeof reason);
  peer peer = peer_new((swl_conn_options){.max_queue = 1});
  for (unsigned code = 1; code <= 65535; code++)
    if (!swl_close_code_valid((uint16_t)code))
      CHECK_EQUAL(swl_conn_close(peer.conn, (uint16_t)code, NULL, 0), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_close(peer.conn, 0, "x", 1), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_close(peer.conn, 1000, NULL, 1), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_close(peer.conn, 1000, reason, 124), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_close(peer.conn, 1000, "\xC3", 1), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_OPEN);
  /* The limit of the queue is not for close frames. */
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "x", 1), SWL_OK);
  CHECK_EQUAL(swl_conn_send(peer.conn, SWL_OPCODE_TEXT, "x", 1), SWL_ERROR_QUEUE);
  CHECK_EQUAL(swl_conn_close(peer.conn, 4999, reason, 123), SWL_OK);
  uint8_t payload[125] = {4999 >> 8, 4999 & 255};
  memset(payload + 2, 'r', 123);
  peer_expect_frame(&peer, FIN | TEXT, "x", 1);
  peer_expect_frame(&peer, FIN | CLOSE, payload, 125);
  peer_end(&peer);
}
