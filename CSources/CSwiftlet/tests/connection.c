/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

/* The client's frames of RFC 6455 §5.7, and the rest of a short life. */
TEST(connection_reads_whole_messages) {
  uint8_t input[] = {0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58,
                     0x82, 0x80, 1,    2,    3,    4,    0x89, 0x81, 1,    0,    0,
                     0,    'q',  0x88, 0x82, 0,    0,    0,    0,    0x03, 0xE8};
  swl_conn conn;
  swl_event event;
  size_t consumed;
  swl_conn_init(&conn, SWL_ROLE_SERVER, NULL);
  uint8_t *at = input;
  size_t left = sizeof input;
  CHECK_EQUAL(swl_conn_receive(&conn, at, left, &consumed, &event), SWL_EVENT_MESSAGE);
  CHECK_EQUAL(consumed, 11);
  CHECK_EQUAL(event.opcode, SWL_OPCODE_TEXT);
  CHECK_EQUAL(event.size, 5);
  CHECK_BYTES(event.data, "Hello", 5);
  at += consumed, left -= consumed;
  CHECK_EQUAL(swl_conn_receive(&conn, at, left, &consumed, &event), SWL_EVENT_MESSAGE);
  CHECK_EQUAL(event.opcode, SWL_OPCODE_BINARY);
  CHECK_EQUAL(event.size, 0);
  at += consumed, left -= consumed;
  CHECK_EQUAL(swl_conn_receive(&conn, at, left, &consumed, &event), SWL_EVENT_PING);
  CHECK_EQUAL(event.size, 1);
  CHECK_EQUAL(event.data[0], 'p');
  at += consumed, left -= consumed;
  CHECK_EQUAL(swl_conn_receive(&conn, at, left, &consumed, &event), SWL_EVENT_CLOSE);
  CHECK_EQUAL(event.close_code, 1000);
  CHECK_EQUAL(consumed, left);
  CHECK_EQUAL(swl_conn_receive(&conn, input, 3, &consumed, &event), SWL_EVENT_NONE);
  CHECK_EQUAL(consumed, 3);
}
