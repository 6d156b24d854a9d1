/*
 * The rules of RFC 6455 for what a peer may send, one by one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "peer.h"

static swl_receiver receiver;
static swl_event event;
static size_t consumed;

static int receive(void *data, size_t size) {
  return swl_receiver_read(&receiver, data, size, &consumed, &event);
}

/* RFC 6455 §5.7, and the rest of a short life. */
TEST(receiver_reads_whole_messages) {
  uint8_t input[] = {0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58,
                     0x82, 0x80, 1,    2,    3,    4,    0x89, 0x81, 1,    0,    0,
                     0,    'q',  0x88, 0x82, 0,    0,    0,    0,    0x03, 0xE8};
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, NULL);
  uint8_t *at = input;
  size_t left = sizeof input;
  CHECK_EQUAL(receive(at, left), SWL_EVENT_MESSAGE);
  CHECK_EQUAL(consumed, 11);
  CHECK_EQUAL(event.opcode, SWL_OPCODE_TEXT);
  CHECK_EQUAL(event.size, 5);
  CHECK_BYTES(event.data, "Hello", 5);
  at += consumed, left -= consumed;
  CHECK_EQUAL(receive(at, left), SWL_EVENT_MESSAGE);
  CHECK_EQUAL(event.opcode, SWL_OPCODE_BINARY);
  CHECK_EQUAL(event.size, 0);
  at += consumed, left -= consumed;
  CHECK_EQUAL(receive(at, left), SWL_EVENT_PING);
  CHECK_EQUAL(event.size, 1);
  CHECK_EQUAL(event.data[0], 'p');
  at += consumed, left -= consumed;
  CHECK_EQUAL(receive(at, left), SWL_EVENT_CLOSE);
  CHECK_EQUAL(event.close_code, 1000);
  CHECK_EQUAL(event.size, 0);
  CHECK_EQUAL(consumed, left);
  CHECK_EQUAL(receive(input, 3), SWL_EVENT_NONE);
  CHECK_EQUAL(consumed, 3);
}

/* A frame that arrives in pieces, as a server reads a large one into its own buffer. */
TEST(receiver_hands_payload_on_as_it_comes) {
  uint8_t payload[1000], expected[1000];
  test_fill(expected, sizeof expected, 3);
  bytes wire = {0};
  bytes_add_frame(&wire, FIN | BINARY, true, expected, sizeof expected);
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, NULL);
  CHECK_EQUAL(swl_receiver_remaining(&receiver), 0);
  CHECK_EQUAL(receive(wire.data, 108), SWL_EVENT_BEGIN);
  CHECK_EQUAL(consumed, 8);
  CHECK_EQUAL(event.frame_size, 1000);
  CHECK(swl_receiver_in_message(&receiver));
  CHECK_EQUAL(receive(wire.data + 8, 100), SWL_EVENT_DATA);
  CHECK_EQUAL(consumed, 100);
  memcpy(payload, event.data, event.size);
  CHECK_EQUAL(receive(NULL, 0), SWL_EVENT_NONE);
  CHECK_EQUAL(swl_receiver_remaining(&receiver), 900);
  memcpy(payload + 100, wire.data + 108, 900);
  CHECK_EQUAL(receive(payload + 100, 900), SWL_EVENT_DATA);
  CHECK_EQUAL(event.size, 900);
  CHECK_EQUAL(swl_receiver_remaining(&receiver), 0);
  CHECK(swl_receiver_in_message(&receiver));
  CHECK_EQUAL(receive(NULL, 0), SWL_EVENT_END);
  CHECK(!swl_receiver_in_message(&receiver));
  CHECK_EQUAL(receive(NULL, 0), SWL_EVENT_NONE);
  CHECK_BYTES(payload, expected, sizeof payload);
  bytes_free(&wire);
}

TEST(receiver_fragments_with_control_frames_between) {
  bytes wire = {0};
  bytes_add_frame(&wire, TEXT, true, "", 0);
  bytes_add_frame(&wire, FIN | PING, true, "one", 3);
  bytes_add_frame(&wire, CONT, true, "\xE2\x82", 2);
  bytes_add_frame(&wire, FIN | PONG, true, "", 0);
  bytes_add_frame(&wire, FIN | CONT, true, "\xAC!", 2);
  bytes_add_frame(&wire, BINARY, true, "", 0);
  bytes_add_frame(&wire, FIN | CONT, true, "", 0);
  static const int kinds[] = {SWL_EVENT_BEGIN, SWL_EVENT_PING, SWL_EVENT_DATA,
                              SWL_EVENT_PONG,  SWL_EVENT_DATA, SWL_EVENT_END,
                              SWL_EVENT_BEGIN, SWL_EVENT_END,  SWL_EVENT_NONE};
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, NULL);
  size_t at = 0;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++, at += consumed) {
    TEST_NOTE("event %zu", i);
    CHECK_EQUAL(receive(wire.data + at, wire.size - at), kinds[i]);
  }
  CHECK_EQUAL(at, wire.size);
  bytes_free(&wire);
}

/* Which stream of a peer is refused, why, and with which close code. `shown` is how many bytes it
 * takes to see it. */
typedef struct breach {
  const char *name;
  const char *stream;
  size_t size, shown;
  int error;
  uint16_t close_code;
} breach;

#define STREAM(text) text, sizeof text - 1
static const breach to_server[] = {
    {"RSV1", STREAM("\xC1\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV2", STREAM("\xA2\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV3", STREAM("\x99\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"opcode 3", STREAM("\x83\x80\1\2\3\4"), 1, SWL_ERROR_OPCODE, 1002},
    {"opcode 7", STREAM("\x07\x80\1\2\3\4"), 1, SWL_ERROR_OPCODE, 1002},
    {"opcode 11", STREAM("\x8B\x80\1\2\3\4"), 1, SWL_ERROR_OPCODE, 1002},
    {"opcode 15", STREAM("\x8F\x80\1\2\3\4"), 1, SWL_ERROR_OPCODE, 1002},
    {"unmasked", STREAM("\x81\x01z"), 2, SWL_ERROR_MASK, 1002},
    {"unmasked ping", STREAM("\x89\x00"), 2, SWL_ERROR_MASK, 1002},
    {"fragmented ping", STREAM("\x09\x80\1\2\3\4"), 1, SWL_ERROR_CONTROL_FRAGMENT, 1002},
    {"fragmented close", STREAM("\x08\x80\1\2\3\4"), 1, SWL_ERROR_CONTROL_FRAGMENT, 1002},
    {"ping of 126", STREAM("\x89\xFE\x00\x7E\1\2\3\4"), 2, SWL_ERROR_CONTROL_LENGTH, 1002},
    {"pong of 64 KiB", STREAM("\x8A\xFF\0\0\0\0\0\1\0\0\1\2\3\4"), 2, SWL_ERROR_CONTROL_LENGTH,
     1002},
    {"16 bits for 125", STREAM("\x82\xFE\x00\x7D\1\2\3\4"), 4, SWL_ERROR_FRAME_LENGTH, 1002},
    {"64 bits for 65535", STREAM("\x82\xFF\0\0\0\0\0\0\xFF\xFF\1\2\3\4"), 8, SWL_ERROR_FRAME_LENGTH,
     1002},
    {"top bit of length", STREAM("\x82\xFF\x80\0\0\0\0\1\0\0\1\2\3\4"), 3, SWL_ERROR_FRAME_LENGTH,
     1002},
    {"continuation first", STREAM("\x80\x80\1\2\3\4"), 1, SWL_ERROR_CONTINUATION, 1002},
    {"text inside text", STREAM("\x01\x80\1\2\3\4\x81\x80\1\2\3\4"), 7, SWL_ERROR_CONTINUATION,
     1002},
    {"binary inside text", STREAM("\x01\x80\1\2\3\4\x02\x80\1\2\3\4"), 7, SWL_ERROR_CONTINUATION,
     1002},
    {"continuation after the end", STREAM("\x01\x80\1\2\3\4\x80\x80\1\2\3\4\x80\x80\1\2\3\4"), 13,
     SWL_ERROR_CONTINUATION, 1002},
    {"close of one byte", STREAM("\x88\x81\0\0\0\0z"), 2, SWL_ERROR_CLOSE_PAYLOAD, 1002},
    {"close 999", STREAM("\x88\x82\0\0\0\0\x03\xE7"), 8, SWL_ERROR_CLOSE_CODE, 1002},
    {"close 1005", STREAM("\x88\x82\0\0\0\0\x03\xED"), 8, SWL_ERROR_CLOSE_CODE, 1002},
    {"close 65535", STREAM("\x88\x82\0\0\0\0\xFF\xFF"), 8, SWL_ERROR_CLOSE_CODE, 1002},
    {"close reason", STREAM("\x88\x83\0\0\0\0\x03\xE8\xFF"), 9, SWL_ERROR_UTF8, 1007},
    {"close reason cut off", STREAM("\x88\x83\0\0\0\0\x03\xE8\xC3"), 9, SWL_ERROR_UTF8, 1007},
    {"text", STREAM("\x81\x81\0\0\0\0\xFF"), 7, SWL_ERROR_UTF8, 1007},
    {"text cut off", STREAM("\x81\x82\0\0\0\0z\xC3"), 8, SWL_ERROR_UTF8, 1007},
    {"text wrong early", STREAM("\x81\x85\0\0\0\0z\xED\xA0zz"), 9, SWL_ERROR_UTF8, 1007},
    {"fragments cut off", STREAM("\x01\x81\0\0\0\0\xC3\x80\x80\0\0\0\0"), 13, SWL_ERROR_UTF8, 1007},
    {"over fragments", STREAM("\x01\x81\0\0\0\0\xE0\x80\x81\0\0\0\0\x9F"), 14, SWL_ERROR_UTF8,
     1007},
    {"frame over limit", STREAM("\x82\xFE\x03\xE9\1\2\3\4"), 4, SWL_ERROR_MESSAGE_SIZE, 1009},
    {"promise of 2^63 - 1", STREAM("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4"), 10,
     SWL_ERROR_MESSAGE_SIZE, 1009},
    {"sum over limit", STREAM("\x02\x82\0\0\0\0zz\x80\xFE\x03\xE7\0\0\0\0"), 12,
     SWL_ERROR_MESSAGE_SIZE, 1009},
    {"fourth fragment",
     STREAM("\x02\x80\0\0\0\0\x00\x80\0\0\0\0\x89\x80\0\0\0\0\x00\x80\0\0\0\0\x80\x80\0\0\0\0"), 25,
     SWL_ERROR_FRAGMENTS, 1009},
};
static const breach to_client[] = {
    {"masked", STREAM("\x81\x81\1\2\3\4z"), 2, SWL_ERROR_MASK, 1002},
    {"masked pong", STREAM("\x8A\x80\1\2\3\4"), 2, SWL_ERROR_MASK, 1002},
    {"text", STREAM("\x81\x01\xFF"), 3, SWL_ERROR_UTF8, 1007},
    {"text cut off", STREAM("\x81\x02z\xC3"), 4, SWL_ERROR_UTF8, 1007},
    {"fragments cut off", STREAM("\x01\x01\xC3\x80\x00"), 5, SWL_ERROR_UTF8, 1007},
    {"close 1015", STREAM("\x88\x02\x03\xF7"), 4, SWL_ERROR_CLOSE_CODE, 1002},
    {"frame over limit", STREAM("\x82\x7E\x03\xE9"), 4, SWL_ERROR_MESSAGE_SIZE, 1009},
};

/* With compression agreed on. */
static const breach to_compressing_server[] = {
    {"RSV1 and RSV2", STREAM("\xE2\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV2", STREAM("\xA2\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV1 of a ping", STREAM("\xC9\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV1 of a close", STREAM("\xC8\x80\1\2\3\4"), 1, SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV1 of a continuation", STREAM("\x42\x80\1\2\3\4\xC0\x80\1\2\3\4"), 7,
     SWL_ERROR_RESERVED_BITS, 1002},
    {"RSV1 of a plain message's continuation", STREAM("\x02\x80\1\2\3\4\xC0\x80\1\2\3\4"), 7,
     SWL_ERROR_RESERVED_BITS, 1002},
    {"plain text", STREAM("\x81\x81\0\0\0\0\xFF"), 7, SWL_ERROR_UTF8, 1007},
    {"compressed frame over limit", STREAM("\xC2\xFE\x03\xE9\1\2\3\4"), 4, SWL_ERROR_MESSAGE_SIZE,
     1009},
};

static const swl_limits limits = {
    .size = sizeof limits, .max_message_size = 1000, .max_fragments = 3};

/* A connection reports the same, and tells the peer. */
static void check_breach_of_connection(swl_role role, bool compression, const breach *breach,
                                       const trace *expected) {
  swl_deflate_agreement agreement = {15, 15, false, false};
  peer peer = peer_new((swl_conn_options){
      .role = role, .limits = &limits, .deflate = compression ? &agreement : NULL});
  peer_feed(&peer, breach->stream, breach->size);
  bytes_add(&peer.expected.log, expected->log.data, expected->log.size);
  for (size_t i = 0; i < expected->pings; i++) peer_expect_frame(&peer, FIN | PONG, "", 0);
  peer_expect_close(&peer, breach->close_code);
  CHECK_EQUAL(swl_conn_state(peer.conn), SWL_STATE_CLOSED);
  peer_end(&peer);
}

/* The error comes with the byte that shows it, not before, however the bytes are cut. */
static void check_breach(swl_role role, bool compression, const breach *breach) {
  TEST_NOTE("%s", breach->name);
  const uint8_t *stream = (const uint8_t *)breach->stream;
  static const size_t whole[] = {SIZE_MAX}, single[] = {1};
  for (size_t size = 0; size <= breach->size; size++) {
    int expected = size >= breach->shown ? breach->error : SWL_OK;
    TEST_NOTE("%s, first %zu bytes", breach->name, size);
    trace in_one = trace_stream(role, compression, &limits, stream, size, whole, 1);
    trace bytewise = trace_stream(role, compression, &limits, stream, size, single, 1);
    CHECK_EQUAL(in_one.error, expected);
    CHECK_EQUAL(bytewise.error, expected);
    CHECK(trace_equal(&in_one, &bytewise));
    bool connected = !compression || TEST_WITH_DEFLATE;
    if (size == breach->size && connected)
      check_breach_of_connection(role, compression, breach, &in_one);
    trace_free(&in_one);
    trace_free(&bytewise);
  }
  CHECK_EQUAL(swl_error_close_code(breach->error), breach->close_code);
}

TEST(receiver_refuses_what_a_client_may_not_send) {
  FOR_EACH_CPU
  for (size_t i = 0; i < sizeof to_server / sizeof to_server[0]; i++)
    check_breach(SWL_ROLE_SERVER, false, &to_server[i]);
}

TEST(receiver_refuses_what_a_server_may_not_send) {
  FOR_EACH_CPU
  for (size_t i = 0; i < sizeof to_client / sizeof to_client[0]; i++)
    check_breach(SWL_ROLE_CLIENT, false, &to_client[i]);
}

TEST(receiver_refuses_compression_where_it_cannot_be) {
  for (size_t i = 0; i < sizeof to_compressing_server / sizeof to_compressing_server[0]; i++)
    check_breach(SWL_ROLE_SERVER, true, &to_compressing_server[i]);
}

TEST(receiver_takes_what_is_just_allowed) {
  uint8_t payload[1000];
  memset(payload, 'x', sizeof payload);
  bytes wire = {0};
  bytes_add_frame(&wire, FIN | TEXT, true, payload, 1000);
  bytes_add_frame(&wire, BINARY, true, payload, 400);
  bytes_add_frame(&wire, CONT, true, payload, 400);
  bytes_add_frame(&wire, FIN | PING, true, payload, 125);
  bytes_add_frame(&wire, FIN | CONT, true, payload, 200);
  bytes_add_frame(&wire, FIN | CLOSE, true,
                  "\x03\xE9"
                  "bye",
                  5);
  static const size_t whole[] = {SIZE_MAX};
  trace trace = trace_stream(SWL_ROLE_SERVER, false, &limits, wire.data, wire.size, whole, 1);
  CHECK_EQUAL(trace.error, SWL_OK);
  CHECK_EQUAL(trace.messages, 2);
  CHECK_EQUAL(trace.pings, 1);
  CHECK_EQUAL(trace.close_code, 1001);
  trace_free(&trace);
  bytes_free(&wire);
}

TEST(receiver_without_limits_takes_any_promise) {
  uint8_t header[] = {0x02, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 'z'};
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, NULL);
  CHECK_EQUAL(receive(header, sizeof header), SWL_EVENT_BEGIN);
  CHECK_EQUAL(event.frame_size, INT64_MAX);
  CHECK_EQUAL(receive(header + consumed, sizeof header - consumed), SWL_EVENT_DATA);
  CHECK_EQUAL(event.size, 1);
  CHECK_EQUAL(swl_receiver_remaining(&receiver), INT64_MAX - 1);
}

TEST(receiver_ignores_input_after_an_error) {
  uint8_t bad[] = {0x83, 0x80, 1, 2}, good[] = {0x82, 0x80, 1, 2, 3, 4};
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, NULL);
  CHECK_EQUAL(receive(bad, sizeof bad), SWL_ERROR_OPCODE);
  CHECK_EQUAL(consumed, sizeof bad);
  CHECK(!swl_receiver_in_message(&receiver));
  for (int i = 0; i < 2; i++) {
    CHECK_EQUAL(receive(good, sizeof good), SWL_EVENT_NONE);
    CHECK_EQUAL(consumed, sizeof good);
  }
}

TEST(receiver_close_codes) {
  for (unsigned code = 0; code <= 65535; code++) {
    bool valid = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                 (code >= 3000 && code <= 4999);
    CHECK_EQUAL(swl_close_code_valid((uint16_t)code), valid);
  }
  uint8_t close[] = {0x88, 0x00};
  swl_receiver_init(&receiver, SWL_ROLE_CLIENT, false, NULL);
  CHECK_EQUAL(receive(close, 2), SWL_EVENT_CLOSE);
  CHECK_EQUAL(event.close_code, 1005);
}

/* Every size of payload around the limits of the short ways, text and binary, in both roles, with
 * nothing touched behind or before the payload. */
TEST(receiver_messages_of_every_size) {
  uint8_t payload[300];
  for (size_t i = 0; i < sizeof payload; i++) payload[i] = (uint8_t)('a' + i % 26);
  FOR_EACH_CPU
  for (size_t size = 0; size <= sizeof payload; size++)
    for (int variant = 0; variant < 8; variant++) {
      bool masked = variant & 1, text = variant & 2, beyond = variant & 4 && size >= 2;
      uint8_t content[sizeof payload];
      memcpy(content, payload, size);
      if (beyond) memcpy(content + (size - 2) * 7 % (size - 1), "\xC3\xA9", 2);
      bytes wire = {0};
      bytes_add_frame(&wire, FIN | (text ? TEXT : BINARY), masked, content, size);
      size_t header = wire.size - size;
      bytes_add(&wire, "\x55\x55\x55\x55", 4);
      TEST_NOTE("size %zu, variant %d", size, variant);
      swl_receiver_init(&receiver, masked ? SWL_ROLE_SERVER : SWL_ROLE_CLIENT, false, &limits);
      CHECK_EQUAL(receive(wire.data, wire.size), SWL_EVENT_MESSAGE);
      CHECK_EQUAL(consumed, header + size);
      CHECK_EQUAL(event.size, size);
      CHECK(event.data == wire.data + header);
      CHECK_EQUAL(event.opcode, text ? TEXT : BINARY);
      CHECK_BYTES(event.data, content, size);
      CHECK_BYTES(wire.data + header + size, "\x55\x55\x55\x55", 4);
      bytes_free(&wire);
    }
}

/* One stream of everything, cut in two at every place, and into pieces of every size. */
static void check_cuts(swl_role role) {
  bool masked = role == SWL_ROLE_SERVER;
  uint8_t payload[700];
  test_fill(payload, sizeof payload, 5);
  bytes wire = {0};
  bytes_add_frame(&wire, FIN | TEXT, masked, "Gr\xC3\xBC\xC3\x9F Gott \xF0\x9F\x98\x80", 17);
  bytes_add_frame(&wire, FIN | BINARY, masked, payload, 700);
  bytes_add_frame(&wire, FIN | BINARY, masked, "", 0);
  bytes_add_frame(&wire, FIN | PING, masked, payload, 125);
  bytes_add_frame(&wire, TEXT, masked, "\xE2", 1);
  bytes_add_frame(&wire, CONT, masked, "", 0);
  bytes_add_frame(&wire, FIN | PONG, masked, "x", 1);
  bytes_add_frame(&wire, CONT, masked, "\x82\xAC and more of it", 16);
  bytes_add_frame(&wire, FIN | CONT, masked, "", 0);
  bytes_add_frame(&wire, BINARY, masked, payload, 130);
  bytes_add_frame(&wire, FIN | CONT, masked, payload + 130, 60);
  bytes_add_frame(&wire, FIN | CLOSE, masked,
                  "\x0B\xB8"
                  "done",
                  6);
  bytes_add_frame(&wire, FIN | BINARY, masked, "ignored", 7);
  size_t steps[2] = {SIZE_MAX, SIZE_MAX};
  trace expected = trace_stream(role, false, NULL, wire.data, wire.size, steps, 1);
  CHECK_EQUAL(expected.error, SWL_OK);
  CHECK_EQUAL(expected.messages, 5);
  CHECK_EQUAL(expected.close_code, 3000);
  for (size_t cut = 1; cut < wire.size; cut++)
    for (int pieces = 0; pieces < 2; pieces++) {
      TEST_NOTE("%s %zu", pieces ? "pieces of" : "cut at", cut);
      steps[0] = cut;
      trace trace = trace_stream(role, false, NULL, wire.data, wire.size, steps, pieces ? 1 : 2);
      CHECK(trace_equal(&trace, &expected));
      trace_free(&trace);
    }
  trace_free(&expected);
  bytes_free(&wire);
}

TEST(receiver_events_do_not_depend_on_cuts) {
  FOR_EACH_CPU {
    check_cuts(SWL_ROLE_SERVER);
    check_cuts(SWL_ROLE_CLIENT);
  }
}
