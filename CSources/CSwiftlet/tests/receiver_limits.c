/*
 * What a receiver counts: frame sizes and control frames; and messages it cannot read because they
 * are compressed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "peer.h"

/* Reads all of `wire` and returns the last event before NONE, or an error. */
static int read_all(swl_receiver *receiver, bytes *wire, swl_event *last) {
  int last_kind = SWL_EVENT_NONE;
  for (size_t at = 0;;) {
    swl_event event;
    size_t consumed;
    int kind = swl_receiver_read(receiver, wire->data + at, wire->size - at, &consumed, &event);
    at += consumed;
    if (kind == SWL_EVENT_NONE) break;
    *last = event;
    last_kind = kind;
  }
  bytes_free(wire);
  return last_kind;
}

TEST(receiver_limits_the_size_of_a_frame) {
  uint8_t payload[200] = {0};
  FOR_EACH_ROLE(role)
  for (size_t limit = 100; limit <= 127; limit++) {
    TEST_NOTE("role %d, limit %zu", role, limit);
    bool masked = role == SWL_ROLE_SERVER;
    swl_limits limits = {.size = sizeof limits, .max_message_size = 300, .max_frame_size = limit};
    swl_receiver receiver;
    swl_event event;
    bytes wire = {0};
    swl_receiver_init(&receiver, role, false, &limits);
    bytes_add_frame(&wire, FIN | BINARY, masked, payload, limit);
    bytes_add_frame(&wire, FIN | PING, masked, payload, 125);
    bytes_add_frame(&wire, BINARY, masked, payload, limit);
    bytes_add_frame(&wire, FIN | CONT, masked, payload, limit);
    CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_EVENT_END);
    bytes_add_frame(&wire, FIN | BINARY, masked, payload, limit + 1);
    CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_ERROR_FRAME_SIZE);

    swl_receiver_init(&receiver, role, false, &limits);
    bytes_add_frame(&wire, BINARY, masked, payload, 1);
    bytes_add_frame(&wire, CONT, masked, payload, limit + 1);
    CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_ERROR_FRAME_SIZE);
  }
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_FRAME_SIZE), 1009);
}

TEST(receiver_limits_control_frames_between_ticks) {
  swl_limits limits = {.size = sizeof limits, .max_controls = 3};
  swl_receiver receiver;
  swl_event event;
  bytes wire = {0};
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, &limits);
  for (int second = 0; second < 5; second++) {
    bytes_add_frame(&wire, FIN | PING, true, "", 0);
    bytes_add_frame(&wire, BINARY, true, "x", 1);
    bytes_add_frame(&wire, FIN | PONG, true, "x", 1);
    bytes_add_frame(&wire, FIN | CONT, true, "", 0);
    bytes_add_frame(&wire, FIN | PING, true, "", 0);
    CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_EVENT_PING);
    swl_receiver_tick(&receiver);
  }
  for (int i = 0; i < 3; i++) bytes_add_frame(&wire, FIN | PONG, true, "", 0);
  CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_EVENT_PONG);
  bytes_add_frame(&wire, FIN | PING, true, "", 0);
  CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_ERROR_CONTROL_RATE);
  /* A close frame is the last in any case. */
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, &limits);
  for (int i = 0; i < 3; i++) bytes_add_frame(&wire, FIN | PONG, true, "", 0);
  bytes_add_frame(&wire, FIN | CLOSE, true, "", 0);
  CHECK_EQUAL(read_all(&receiver, &wire, &event), SWL_EVENT_CLOSE);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_CONTROL_RATE), 1008);

  peer peer = peer_new((swl_conn_options){.limits = &limits});
  for (int i = 0; i < 8; i++) {
    peer_feed_frame(&peer, FIN | PONG, "x", 1);
    if (i < 7) peer_expect(&peer, 'o', 0, "x", 1);
    if (i == 2 || i == 3) swl_conn_tick(peer.conn);
  }
  peer_expect(&peer, 'e', SWL_ERROR_CONTROL_RATE, NULL, 0);
  peer_expect_close(&peer, 1008);
  peer_end(&peer);
}

/* Compressed text cannot be proved UTF-8; that is for who inflates it. */
TEST(receiver_marks_compressed_messages) {
  FOR_EACH_ROLE(role) {
    bool masked = role == SWL_ROLE_SERVER;
    static const int kinds[] = {SWL_EVENT_MESSAGE, SWL_EVENT_BEGIN, SWL_EVENT_DATA,
                                SWL_EVENT_PING,    SWL_EVENT_DATA,  SWL_EVENT_END,
                                SWL_EVENT_MESSAGE};
    static const bool compressed[] = {true, true, true, false, true, true, false};
    bytes wire = {0};
    bytes_add_frame(&wire, FIN | RSV1 | TEXT, masked, "\xFF\xFE", 2);
    bytes_add_frame(&wire, RSV1 | TEXT, masked, "\xC3", 1);
    bytes_add_frame(&wire, FIN | PING, masked, "", 0);
    bytes_add_frame(&wire, FIN | CONT, masked, "\xFF", 1);
    bytes_add_frame(&wire, FIN | TEXT, masked, "plain", 5);
    static const size_t whole[] = {SIZE_MAX};
    trace expected = trace_stream(role, true, NULL, wire.data, wire.size, whole, 1);
    CHECK_EQUAL(expected.error, SWL_OK);
    CHECK_EQUAL(expected.messages, 3);
    for (size_t cut = 1; cut < wire.size; cut++) {
      trace trace = trace_stream(role, true, NULL, wire.data, wire.size, &cut, 1);
      CHECK(trace_equal(&trace, &expected));
      trace_free(&trace);
    }
    trace_free(&expected);

    swl_receiver receiver;
    swl_receiver_init(&receiver, role, true, NULL);
    size_t at = 0, consumed;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++, at += consumed) {
      TEST_NOTE("event %zu", i);
      swl_event event;
      CHECK_EQUAL(swl_receiver_read(&receiver, wire.data + at, wire.size - at, &consumed, &event),
                  kinds[i]);
      CHECK_EQUAL(event.compressed, compressed[i]);
    }
    CHECK_EQUAL(at, wire.size);

    bytes_free(&wire);
  }
}
