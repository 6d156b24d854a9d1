/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>

#include "check.h"
#include "guard.h"

#define BROWSER                                                                            \
  "GET /chat?room=1 HTTP/1.1\r\n"                                                          \
  "Host: server.example.com\r\n"                                                           \
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" \
  "Sec-WebSocket-Version: 13\r\n"                                                          \
  "Origin: http://example.com\r\n"                                                         \
  "Sec-WebSocket-Protocol: chat, superchat\r\n"                                            \
  "Sec-WebSocket-Extensions: permessage-deflate\r\n"                                       \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                                        \
  "Connection: keep-alive, Upgrade\r\n"                                                    \
  "Upgrade: WebSocket\r\n\r\n"

enum { CAPACITY = 16 };

static int parse(const char *text, swl_http_field *fields, swl_http_request *request) {
  return swl_http_parse(text, strlen(text), 0, fields, CAPACITY, request);
}

static bool is(swl_slice slice, const char *text) {
  return slice.size == strlen(text) && memcmp(slice.data, text, slice.size) == 0;
}

TEST(http_parse_takes_a_browsers_request) {
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  CHECK_EQUAL(parse(BROWSER "GET", fields, &request), strlen(BROWSER));
  CHECK(is(request.method, "GET"));
  CHECK(is(request.target, "/chat?room=1"));
  CHECK_EQUAL(request.minor_version, 1);
  CHECK_EQUAL(request.field_count, 9);
  CHECK(request.fields == fields);
  CHECK(is(fields[0].name, "Host") && is(fields[0].value, "server.example.com"));
  CHECK(is(fields[8].name, "Upgrade") && is(fields[8].value, "WebSocket"));
  const char *key;
  CHECK_EQUAL(swl_handshake_check(&request, &key), SWL_UPGRADE_ACCEPT);
  CHECK(memcmp(key, "dGhlIHNhbXBsZSBub25jZQ==", SWL_KEY_SIZE) == 0);
}

TEST(http_parse_takes_pieces_of_any_size) {
  static const char text[] = BROWSER;
  size_t size = sizeof text - 1;
  guard guard = guard_new(size);
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  for (size_t step = 1; step <= size; step++) {
    TEST_NOTE("step %zu", step);
    size_t seen = 0;
    for (size_t given = step; given < size; given += step) {
      char *data = (char *)guard_back(&guard, given);
      memcpy(data, text, given);
      CHECK_EQUAL(swl_http_parse(data, given, seen, fields, CAPACITY, &request), 0);
      seen = given;
    }
    char *data = (char *)guard_back(&guard, size);
    memcpy(data, text, size);
    CHECK_EQUAL(swl_http_parse(data, size, seen, fields, CAPACITY, &request), size);
    CHECK_EQUAL(request.field_count, 9);
  }
  guard_free(&guard);
}

TEST(http_parse_refuses) {
  static const struct {
    const char *text;
    int error;
  } cases[] = {
      {"GET / HTTP/1.1\n\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\rHost: a\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\n: a\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHo(st: a\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost: \x01\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\nHost: \x7F\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET  / HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET /  HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET\t/ HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1 \r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET /\x80 HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET /\x7F HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET /\x01 HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"G@T / HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {" / HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"\r\nGET / HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / http/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/11\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET /\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.2\r\n\r\n", SWL_ERROR_HTTP_VERSION},
      {"GET / HTTP/2.0\r\n\r\n", SWL_ERROR_HTTP_VERSION},
      {"GET / HTTP/0.9\r\n\r\n", SWL_ERROR_HTTP_VERSION},
  };
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK_EQUAL(parse(cases[i].text, fields, &request), cases[i].error);
    int result = 0;
    size_t size = strlen(cases[i].text);
    for (size_t given = 1; given <= size && result == 0; given++)
      result = swl_http_parse(cases[i].text, given, given - 1, fields, CAPACITY, &request);
    CHECK_EQUAL(result, cases[i].error);
  }
  static const char nul[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
  CHECK_EQUAL(swl_http_parse(nul, sizeof nul - 1, 0, fields, CAPACITY, &request),
              SWL_ERROR_HTTP_SYNTAX);
}

TEST(http_parse_holds_the_number_of_fields) {
  char text[2048] = "GET / HTTP/1.0\r\n";
  for (int i = 0; i < CAPACITY; i++) strcat(text, "a: b\r\n");
  size_t size = strlen(text);
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  strcpy(text + size, "\r\n");
  CHECK_EQUAL(parse(text, fields, &request), size + 2);
  CHECK_EQUAL(request.minor_version, 0);
  strcpy(text + size, "a: b\r\n");
  CHECK_EQUAL(parse(text, fields, &request), SWL_ERROR_HTTP_SIZE);
}

TEST(http_parse_trims_values) {
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  CHECK(parse("GET * HTTP/1.1\r\na:\r\nb: \t x \xC3\xA9\ty \t\r\nc:   \r\n\r\n", fields, &request) >
        0);
  CHECK_EQUAL(request.field_count, 3);
  CHECK_EQUAL(fields[0].value.size, 0);
  CHECK(is(fields[1].value, "x \xC3\xA9\ty"));
  CHECK_EQUAL(fields[2].value.size, 0);
}

TEST(http_fields_and_lists) {
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  CHECK(parse("GET / HTTP/1.1\r\nA: one, Two ,,\tthree\r\na: four\r\nb:\r\n\r\n", fields,
              &request) > 0);
  swl_slice value;
  CHECK_EQUAL(swl_http_field_find(&request, "a", &value), 2);
  CHECK(is(value, "one, Two ,,\tthree"));
  CHECK_EQUAL(swl_http_field_find(&request, "B", &value), 1);
  CHECK_EQUAL(value.size, 0);
  CHECK_EQUAL(swl_http_field_find(&request, "c", &value), 0);
  CHECK_EQUAL(value.size, 0);
  CHECK(swl_http_list_contains(&request, "a", "ONE"));
  CHECK(swl_http_list_contains(&request, "a", "two"));
  CHECK(swl_http_list_contains(&request, "a", "three"));
  CHECK(swl_http_list_contains(&request, "a", "four"));
  CHECK(!swl_http_list_contains(&request, "a", "fou"));
  CHECK(!swl_http_list_contains(&request, "a", "five"));
  CHECK(!swl_http_list_contains(&request, "b", "one"));
  /* '@' and '`' differ in the bit of case but are no letters. */
  CHECK(parse("GET / HTTP/1.1\r\nA: ^x\r\n\r\n", fields, &request) > 0);
  CHECK(!swl_http_list_contains(&request, "a", "~x"));
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
