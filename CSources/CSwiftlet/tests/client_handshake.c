/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"
#include "request.h"

#define RFC_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define RFC_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static swl_slice slice_of(const char *text) { return (swl_slice){text, strlen(text)}; }

TEST(client_request_is_what_browsers_send) {
  static const char expected[] =
      "GET /chat?room=1 HTTP/1.1\r\n"
      "Host: server.example.com:8080\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: " RFC_KEY
      "\r\n"
      "Sec-WebSocket-Version: 13\r\n"
      "Origin: http://example.com\r\n"
      "Sec-WebSocket-Protocol: chat, superchat\r\n"
      "Authorization: Bearer x\r\n"
      "X-Empty: \r\n"
      "\r\n";
  const swl_http_field further[] = {{slice_of("Authorization"), slice_of("Bearer x")},
                                    {slice_of("X-Empty"), {NULL, 0}}};
  swl_client_options options = {
      .size = sizeof options,
      .host = "server.example.com:8080",
      .target = "/chat?room=1",
      .origin = "http://example.com",
      .subprotocols = (const char *const[]){"chat", "superchat"},
      .subprotocol_count = 2,
      .fields = further,
      .field_count = 2,
  };
  guard guard = guard_new(sizeof expected);
  int size = (int)sizeof expected - 1;
  for (int capacity = 0; capacity <= size; capacity++) {
    uint8_t *out = guard_back(&guard, (size_t)capacity);
    int result = swl_handshake_request(RFC_KEY, &options, out, (size_t)capacity);
    CHECK_EQUAL(result, capacity < size ? SWL_ERROR_SPACE : size);
  }
  CHECK_BYTES(guard_back(&guard, (size_t)size), expected, (size_t)size);
  guard_free(&guard);
}

TEST(client_request_needs_a_host_only) {
  static const char expected[] =
      "GET / HTTP/1.1\r\n"
      "Host: a\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: " RFC_KEY
      "\r\n"
      "Sec-WebSocket-Version: 13\r\n"
      "\r\n";
  char out[512];
  swl_client_options options = {.size = sizeof options, .host = "a"};
  CHECK_EQUAL(swl_handshake_request(RFC_KEY, &options, out, sizeof out), sizeof expected - 1);
  CHECK_BYTES(out, expected, sizeof expected - 1);
}

/* One wish at a time that could not be sent as it is. */
TEST(client_request_cannot_be_made_to_say_more) {
  static const char *const lists[][2] = {{"a b", "c"},      {"a,b", "c"},     {"", "c"},
                                         {"c", "c"},        {"c\r\nX:", "d"}, {"c", NULL},
                                         {"c\xC3\xA9", "d"}};
  static const char *const hosts[] = {"", "a\r\nX: y", "a\n", "a b", "a\tb", "\x7F", "\x80z", " a"};
  static const char *const targets[] = {"",     "a",   "http://a/", "*",     "/ HTTP/1.1\r\nX: y",
                                        "/a b", "/\n", "/#part",    "/\x80", "/\x7F"};
  static const char *const origins[] = {"a\r\nX: y", "\n", "\r", "a\x01", "\x7F"};
  static const char *const names[] = {"",
                                      "X Y",
                                      "X:",
                                      "X\r\nY",
                                      "Host",
                                      "host",
                                      "UPGRADE",
                                      "Connection",
                                      "origin",
                                      "Sec-WebSocket-Key",
                                      "sec-websocket-extensions",
                                      "Content-Length",
                                      "Transfer-Encoding"};
  static const char *const keys[] = {"dGhlIHNhbXBsZSBub25jZQ=\n",
                                     "dGhlIHNhbXBsZSBub25j\r\n==", "dGhlIHNhbXBsZSBub25jZQAA"};
  const swl_client_options good = {.size = sizeof good, .host = "a"};
  swl_client_options options;
  char out[512];
#define REFUSED(key) \
  CHECK_EQUAL(swl_handshake_request(key, &options, out, sizeof out), SWL_ERROR_ARGUMENT)
#define FOR_EACH(array) for (size_t i = 0; i < sizeof array / sizeof array[0]; i++)
  FOR_EACH(hosts) {
    TEST_NOTE("host %zu", i);
    options = good;
    options.host = hosts[i];
    REFUSED(RFC_KEY);
  }
  FOR_EACH(targets) {
    TEST_NOTE("target %zu", i);
    options = good;
    options.target = targets[i];
    REFUSED(RFC_KEY);
  }
  FOR_EACH(origins) {
    TEST_NOTE("origin %zu", i);
    options = good;
    options.origin = origins[i];
    REFUSED(RFC_KEY);
  }
  FOR_EACH(lists) {
    TEST_NOTE("subprotocols %zu", i);
    options = good;
    options.subprotocols = lists[i];
    options.subprotocol_count = 2;
    REFUSED(RFC_KEY);
  }
  FOR_EACH(names) {
    TEST_NOTE("field %zu", i);
    swl_http_field field = {slice_of(names[i]), slice_of("y")};
    options = good;
    options.fields = &field;
    options.field_count = 1;
    REFUSED(RFC_KEY);
  }
  FOR_EACH(origins) { /* no better as the value of another field */
    TEST_NOTE("value %zu", i);
    swl_http_field field = {slice_of("X"), slice_of(origins[i])};
    options = good;
    options.fields = &field;
    options.field_count = 1;
    REFUSED(RFC_KEY);
  }
  FOR_EACH(keys) {
    TEST_NOTE("key %zu", i);
    options = good;
    REFUSED(keys[i]);
  }
  swl_http_field nul = {slice_of("X"), {"a\0b", 3}};
  options = good;
  options.fields = &nul;
  options.field_count = 1;
  REFUSED(RFC_KEY);
  options = good;
  REFUSED(NULL);
  options.host = NULL;
  REFUSED(RFC_KEY);
  options = good;
  options.size = sizeof options.size - 1;
  REFUSED(RFC_KEY);
  CHECK_EQUAL(swl_handshake_request(RFC_KEY, NULL, out, sizeof out), SWL_ERROR_ARGUMENT);
}

#define STATUS "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: " RFC_ACCEPT "\r\n"
#define PROTOCOL(value) "Sec-WebSocket-Protocol: " value "\r\n"

TEST(client_verify_holds_each_rule) {
  static const struct {
    const char *text;
    int expected, subprotocol;
  } cases[] = {
      {STATUS UPGRADE CONNECTION ACCEPT, 0, -1},
      {"HTTP/1.1 101\r\n" UPGRADE CONNECTION ACCEPT, 0, -1},
      {STATUS "upgrade:WebSocket\r\n"
              "connection: x , UPGRADE\r\n" ACCEPT,
       0, -1},
      {STATUS UPGRADE "Connection: x\r\n" CONNECTION ACCEPT, 0, -1},
      {STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: \t " RFC_ACCEPT " \t\r\n", 0, -1},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("chat"), 0, 0},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("superchat"), 0, 1},
      {"HTTP/1.1 200 OK\r\n" UPGRADE CONNECTION ACCEPT, SWL_ERROR_RESPONSE_STATUS, -1},
      {"HTTP/1.1 100 Continue\r\n\r\n", SWL_ERROR_RESPONSE_STATUS, -1},
      {"HTTP/1.1 401 Unauthorized\r\n", SWL_ERROR_RESPONSE_STATUS, -1},
      {"HTTP/1.0 101 Switching Protocols\r\n" UPGRADE CONNECTION ACCEPT, SWL_ERROR_RESPONSE_STATUS,
       -1},
      {STATUS CONNECTION ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS "Upgrade: websockets\r\n" CONNECTION ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS "Upgrade: websocket, h2c\r\n" CONNECTION ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS UPGRADE UPGRADE CONNECTION ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS UPGRADE ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS UPGRADE "Connection: keep-alive\r\n" ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS UPGRADE "Connection: Upgraded\r\n" ACCEPT, SWL_ERROR_RESPONSE_UPGRADE, -1},
      {STATUS UPGRADE CONNECTION, SWL_ERROR_RESPONSE_ACCEPT, -1},
      {STATUS UPGRADE CONNECTION ACCEPT ACCEPT, SWL_ERROR_RESPONSE_ACCEPT, -1},
      {STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n", SWL_ERROR_RESPONSE_ACCEPT, -1},
      {STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: " RFC_KEY "\r\n", SWL_ERROR_RESPONSE_ACCEPT,
       -1},
      {STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
       SWL_ERROR_RESPONSE_ACCEPT, -1},
      {STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: " RFC_ACCEPT "=\r\n",
       SWL_ERROR_RESPONSE_ACCEPT, -1},
      {STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n",
       SWL_ERROR_RESPONSE_ACCEPT, -1},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("Chat"), SWL_ERROR_RESPONSE_PROTOCOL, -1},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("other"), SWL_ERROR_RESPONSE_PROTOCOL, -1},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL(""), SWL_ERROR_RESPONSE_PROTOCOL, -1},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("chat, superchat"), SWL_ERROR_RESPONSE_PROTOCOL,
       -1},
      {STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("chat") PROTOCOL("chat"),
       SWL_ERROR_RESPONSE_PROTOCOL, -1},
      {STATUS UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: x-unknown\r\n",
       SWL_ERROR_RESPONSE_EXTENSION, -1},
      {STATUS UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n",
       SWL_ERROR_RESPONSE_EXTENSION, -1},
  };
  const swl_client_options options = {
      .size = sizeof options,
      .host = "a",
      .subprotocols = (const char *const[]){"chat", "superchat"},
      .subprotocol_count = 2,
  };
  swl_http_field fields[CAPACITY];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    char text[512];
    snprintf(text, sizeof text, "%s\r\n", cases[i].text);
    swl_http_response response;
    swl_client_agreement agreement = {.subprotocol = 7, .compressed = true};
    CHECK(swl_http_parse_response(text, strlen(text), 0, fields, CAPACITY, &response) > 0);
    CHECK_EQUAL(swl_handshake_verify(&response, RFC_KEY, &options, &agreement), cases[i].expected);
    CHECK_EQUAL(agreement.subprotocol, cases[i].subprotocol);
    CHECK(!agreement.compressed);
  }
}

/* A subprotocol nobody asked for is one too many. */
TEST(client_verify_wants_no_subprotocol_unasked) {
  static const char text[] = STATUS UPGRADE CONNECTION ACCEPT PROTOCOL("chat") "\r\n";
  const swl_client_options options = {.size = sizeof options, .host = "a"};
  swl_http_field fields[CAPACITY];
  swl_http_response response;
  swl_client_agreement agreement;
  CHECK(swl_http_parse_response(text, strlen(text), 0, fields, CAPACITY, &response) > 0);
  CHECK_EQUAL(swl_handshake_verify(&response, RFC_KEY, &options, &agreement),
              SWL_ERROR_RESPONSE_PROTOCOL);
}

/* Whether this build has compression to offer. */
#if SWL_WITH_DEFLATE
static const bool compresses = true;
#else
static const bool compresses = false;
#endif

TEST(client_offers_compression) {
  static const char before[] = "Sec-WebSocket-Protocol: chat\r\n";
  const swl_deflate_options deflate = {.size = sizeof deflate, .server_without_takeover = true};
  const swl_http_field further = {slice_of("Cookie"), slice_of("a=b")};
  swl_client_options options = {
      .size = sizeof options,
      .host = "a",
      .subprotocols = (const char *const[]){"chat"},
      .subprotocol_count = 1,
      .deflate = &deflate,
      .fields = &further,
      .field_count = 1,
  };
  char expected[512], extension[SWL_DEFLATE_EXTENSION_MAX], out[512] = {0};
  CHECK_EQUAL(swl_deflate_offer(&deflate, extension), compresses);
  if (compresses)
    snprintf(expected, sizeof expected, "%sSec-WebSocket-Extensions: %s\r\nCookie: a=b\r\n\r\n",
             before, extension);
  else
    snprintf(expected, sizeof expected, "%sCookie: a=b\r\n\r\n", before);
  int size = swl_handshake_request(RFC_KEY, &options, out, sizeof out);
  CHECK(size > (int)strlen(expected));
  CHECK_STRING(out + size - strlen(expected), expected);
  const swl_deflate_options wrong = {.size = sizeof wrong, .level = 10};
  options.deflate = &wrong;
  CHECK_EQUAL(swl_handshake_request(RFC_KEY, &options, out, sizeof out), SWL_ERROR_ARGUMENT);
}

/* What the client's half writes the server's half reads, and the other way round. */
static void shake_hands(swl_random *pool, const swl_client_options *options,
                        const swl_deflate_options *server, bool compressed) {
  char key[SWL_KEY_SIZE], extension[SWL_DEFLATE_EXTENSION_MAX], head[512], answer[512];
  const char *seen_key;
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  swl_http_response response;
  swl_deflate_agreement granted = {0};
  swl_client_agreement agreement;
  CHECK_EQUAL(swl_key_new(pool, key), 0);
  int size = swl_handshake_request(key, options, head, sizeof head);
  CHECK(size > 0);
  CHECK_EQUAL(swl_http_parse(head, (size_t)size, 0, fields, CAPACITY, &request), size);
  CHECK_EQUAL(swl_handshake_check(&request, &seen_key), SWL_UPGRADE_ACCEPT);
  CHECK_BYTES(seen_key, key, SWL_KEY_SIZE);
  CHECK_EQUAL(swl_subprotocol_choose(&request, (const char *const[]){"v1"}, 1), 0);
  int accepted = server ? swl_deflate_accept(&request.fields, server, extension, &granted) : 0;
  CHECK_EQUAL(accepted, compressed);
  size = swl_handshake_respond(seen_key, "v1", accepted ? extension : NULL, answer, sizeof answer);
  CHECK(size > 0);
  CHECK_EQUAL(swl_http_parse_response(answer, (size_t)size, 0, fields, CAPACITY, &response), size);
  CHECK_EQUAL(swl_handshake_verify(&response, key, options, &agreement), 0);
  CHECK_EQUAL(agreement.subprotocol, 1);
  CHECK_EQUAL(agreement.compressed, compressed);
  if (compressed) CHECK_BYTES(&agreement.deflate, &granted, sizeof granted);
  key[0] ^= 1;
  CHECK_EQUAL(swl_handshake_verify(&response, key, options, &agreement), SWL_ERROR_RESPONSE_ACCEPT);
}

TEST(client_and_server_shake_hands) {
  const swl_deflate_options deflate = {.size = sizeof deflate, .server_window_bits = 12};
  swl_random pool = {0};
  swl_client_options options = {
      .size = sizeof options,
      .host = "example.com",
      .target = "/echo",
      .subprotocols = (const char *const[]){"v2", "v1"},
      .subprotocol_count = 2,
  };
  for (int i = 0; i < 100; i++) {
    options.deflate = NULL;
    shake_hands(&pool, &options, &deflate, false);
    options.deflate = &deflate;
    shake_hands(&pool, &options, NULL, false);
    shake_hands(&pool, &options, &deflate, compresses);
  }
}
