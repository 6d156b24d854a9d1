/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "guard.h"
#include "request.h"

TEST(handshake_check_takes_a_browsers_request) {
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  const char *key;
  CHECK(parse(BROWSER, fields, &request) > 0);
  CHECK_EQUAL(swl_handshake_check(&request, &key), SWL_UPGRADE_ACCEPT);
  CHECK(memcmp(key, "dGhlIHNhbXBsZSBub25jZQ==", SWL_KEY_SIZE) == 0);
}

TEST(handshake_check_classifies) {
#define LINES(method, version, host, connection, upgrade, websocket, key) \
  method " / HTTP/" version "\r\n" host connection upgrade websocket key "\r\n"
#define GOOD_HOST "Host: a\r\n"
#define GOOD_CONNECTION "Connection: Upgrade\r\n"
#define GOOD_UPGRADE "Upgrade: websocket\r\n"
#define GOOD_VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY(key) "Sec-WebSocket-Key: " key "\r\n"
#define GOOD_KEY KEY("AAAAAAAAAAAAAAAAAAAAAA==")
#define WITH_KEY(key) \
  LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION, key)
  static const struct {
    const char *text;
    swl_upgrade expected;
  } cases[] = {
      {WITH_KEY(GOOD_KEY), SWL_UPGRADE_ACCEPT},
      {WITH_KEY(KEY("abcdefghijklmnopqrstu/==")), SWL_UPGRADE_ACCEPT},
      {WITH_KEY(""), SWL_UPGRADE_BAD},
      {WITH_KEY(GOOD_KEY GOOD_KEY), SWL_UPGRADE_BAD},
      {WITH_KEY(KEY("AAAAAAAAAAAAAAAAAAAAAAA=")), SWL_UPGRADE_BAD},
      {WITH_KEY(KEY("AAAAAAAAAAAAAAAAAAAAA===")), SWL_UPGRADE_BAD},
      {WITH_KEY(KEY("AAAAAAAAAAA-AAAAAAAAAA==")), SWL_UPGRADE_BAD},
      {WITH_KEY(KEY("AAAAAAAAAAAAAAAAAAAAAA=")), SWL_UPGRADE_BAD},
      {WITH_KEY(KEY("AAAAAAAAAAAAAAAAAAAAAA==A")), SWL_UPGRADE_BAD},
      {WITH_KEY(KEY("")), SWL_UPGRADE_BAD},
      {LINES("POST", "1.1", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION, GOOD_KEY),
       SWL_UPGRADE_METHOD},
      {LINES("get", "1.1", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION, GOOD_KEY),
       SWL_UPGRADE_METHOD},
      {LINES("GET", "1.0", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION, GOOD_KEY),
       SWL_UPGRADE_BAD},
      {LINES("GET", "1.1", "", GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION, GOOD_KEY),
       SWL_UPGRADE_BAD},
      {LINES("GET", "1.1", GOOD_HOST GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION,
             GOOD_KEY),
       SWL_UPGRADE_BAD},
      {LINES("GET", "1.1", GOOD_HOST, "Connection: close\r\n", GOOD_UPGRADE, GOOD_VERSION,
             GOOD_KEY),
       SWL_UPGRADE_BAD},
      {LINES("GET", "1.1", GOOD_HOST, "", GOOD_UPGRADE, GOOD_VERSION, GOOD_KEY), SWL_UPGRADE_BAD},
      {LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, "", GOOD_VERSION, GOOD_KEY),
       SWL_UPGRADE_NONE},
      {LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, "Upgrade: h2c\r\n", GOOD_VERSION, GOOD_KEY),
       SWL_UPGRADE_NONE},
      {LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, "Upgrade: h2c, WEBSOCKET\r\n", GOOD_VERSION,
             GOOD_KEY),
       SWL_UPGRADE_ACCEPT},
      {LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, "", GOOD_KEY),
       SWL_UPGRADE_VERSION},
      {LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, "Sec-WebSocket-Version: 8\r\n",
             GOOD_KEY),
       SWL_UPGRADE_VERSION},
      {LINES("GET", "1.1", GOOD_HOST, GOOD_CONNECTION, GOOD_UPGRADE, GOOD_VERSION GOOD_VERSION,
             GOOD_KEY),
       SWL_UPGRADE_BAD},
  };
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK(parse(cases[i].text, fields, &request) > 0);
    const char *key = "";
    CHECK_EQUAL(swl_handshake_check(&request, &key), cases[i].expected);
    CHECK((key != NULL) == (cases[i].expected == SWL_UPGRADE_ACCEPT));
  }
}

/* RFC 6455 §1.3 */
TEST(handshake_accept_key_of_the_rfc) {
  char accept[SWL_ACCEPT_SIZE];
  CHECK_EQUAL(swl_accept_key("dGhlIHNhbXBsZSBub25jZQ==", accept), 0);
  CHECK_BYTES(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", SWL_ACCEPT_SIZE);
}

TEST(handshake_responds) {
  static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
  static const char expected[] =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
      "Sec-WebSocket-Protocol: chat\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate\r\n"
      "\r\n";
  guard guard = guard_new(512);
  int size = (int)sizeof expected - 1;
  for (int capacity = 0; capacity <= size; capacity++) {
    uint8_t *out = guard_back(&guard, (size_t)capacity);
    int result = swl_handshake_respond(key, "chat", "permessage-deflate", out, (size_t)capacity);
    CHECK_EQUAL(result, capacity < size ? SWL_ERROR_SPACE : size);
  }
  CHECK_BYTES(guard_back(&guard, (size_t)size), expected, (size_t)size);
  uint8_t *out = guard_back(&guard, 256);
  int plain = swl_handshake_respond(key, NULL, NULL, out, 256);
  CHECK(plain > 4 && plain < size);
  CHECK_BYTES(out + plain - 4, "\r\n\r\n", 4);
  CHECK(memmem(out, (size_t)plain, "Protocol:", 9) == NULL);
  CHECK_EQUAL(swl_handshake_respond(key, "a\r\nb: c", NULL, out, 256), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_handshake_respond(key, NULL, "a\x7F", out, 256), SWL_ERROR_ARGUMENT);
  CHECK_EQUAL(swl_handshake_respond(NULL, NULL, NULL, out, 256), SWL_ERROR_ARGUMENT);
  guard_free(&guard);
}

TEST(handshake_chooses_the_servers_first_subprotocol) {
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  CHECK(parse(BROWSER, fields, &request) > 0);
  CHECK_EQUAL(swl_subprotocol_choose(&request, (const char *const[]){"superchat", "chat"}, 2), 0);
  CHECK_EQUAL(swl_subprotocol_choose(&request, (const char *const[]){"x", "chat"}, 2), 1);
  CHECK_EQUAL(swl_subprotocol_choose(&request, (const char *const[]){"Chat", "hat"}, 2), -1);
  CHECK_EQUAL(swl_subprotocol_choose(&request, NULL, 0), -1);
}
