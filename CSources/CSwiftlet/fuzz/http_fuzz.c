/*
 * A request or response head that is accepted is, byte for byte, what its slices say it is; one
 * that arrives in pieces has the same outcome; and what follows a head is not read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAPACITY = 8 };

static const char *walk(const char *at, swl_slice slice) {
  CHECK(slice.size == 0 || at == slice.data);
  return at + slice.size;
}

static const char *walk_text(const char *at, const char *text) {
  CHECK(memcmp(at, text, strlen(text)) == 0);
  return at + strlen(text);
}

static const char *walk_blanks(const char *at) {
  while (*at == ' ' || *at == '\t') at++;
  return at;
}

static bool all(swl_slice slice, int low, int high, const char *but) {
  for (size_t i = 0; i < slice.size; i++) {
    int c = (unsigned char)slice.data[i];
    if (c < low || c > high || (c && strchr(but, c))) return false;
  }
  return true;
}

static bool is_value(swl_slice slice) {
  for (size_t i = 0; i < slice.size; i++) {
    unsigned char c = (unsigned char)slice.data[i];
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

#define NOT_TOKEN "\"(),/:;<=>?@[\\]{}"

static const char *walk_fields(const char *at, const swl_http_fields *fields) {
  CHECK(fields->count <= CAPACITY);
  for (size_t i = 0; i < fields->count; i++) {
    swl_http_field field = fields->list[i];
    CHECK(field.name.size && all(field.name, 0x21, 0x7E, NOT_TOKEN));
    at = walk_blanks(walk_text(walk(at, field.name), ":"));
    CHECK(is_value(field.value));
    at = walk_text(walk_blanks(walk(at, field.value)), "\r\n");
  }
  return walk_text(at, "\r\n");
}

static void check_request(const char *text, int head, const swl_http_request *request) {
  CHECK(request->method.size && all(request->method, 0x21, 0x7E, NOT_TOKEN));
  CHECK(request->target.size && all(request->target, 0x21, 0x7E, ""));
  const char *at = walk(text, request->method);
  at = walk(walk_text(at, " "), request->target);
  at = walk_text(at, request->minor_version ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  CHECK(walk_fields(at, &request->fields) == text + head);
}

static void check_response(const char *text, int head, const swl_http_response *response) {
  char start[16];
  CHECK(response->status >= 100 && response->status <= 999);
  CHECK(is_value(response->reason));
  snprintf(start, sizeof start, "HTTP/1.%d %d", response->minor_version, response->status);
  const char *at = walk_text(text, start);
  if (*at == ' ') at = walk(at + 1, response->reason);
  CHECK(walk_fields(walk_text(at, "\r\n"), &response->fields) == text + head);
}

/* All that may be asked of a head must do without a byte outside it. */
static void ask_request(const swl_http_request *request) {
  const char *key;
  swl_slice value;
  char out[512];
  CHECK(swl_http_field_find(&request->fields, "Host", &value) <= request->fields.count);
  swl_subprotocol_choose(request, (const char *const[]){"chat", "v2"}, 2);
  if (swl_handshake_check(request, &key) == SWL_UPGRADE_ACCEPT)
    CHECK(swl_handshake_respond(key, NULL, NULL, out, sizeof out) > 0);
}

static void ask_response(const swl_http_response *response) {
  const swl_deflate_options deflate = {.size = sizeof deflate, .server_window_bits = 12};
  const swl_client_options options = {
      .size = sizeof options,
      .subprotocols = (const char *const[]){"chat", "v2"},
      .subprotocol_count = 2,
      .deflate = &deflate,
  };
  swl_client_agreement agreement;
  if (swl_handshake_verify(response, "dGhlIHNhbXBsZSBub25jZQ==", &options, &agreement) < 0) return;
  CHECK(response->status == 101 && agreement.subprotocol < 2);
  if (agreement.compressed) CHECK(agreement.deflate.server_window_bits <= 12);
  CHECK(swl_http_list_contains(&response->fields, "Upgrade", "websocket"));
  CHECK(swl_http_list_contains(&response->fields, "Sec-WebSocket-Accept",
                               "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

typedef enum kind { REQUEST, RESPONSE } kind;

static int parse(kind kind, const void *data, size_t size, size_t seen, swl_http_request *request,
                 swl_http_response *response) {
  static swl_http_field fields[CAPACITY];
  return kind == REQUEST ? swl_http_parse(data, size, seen, fields, CAPACITY, request)
                         : swl_http_parse_response(data, size, seen, fields, CAPACITY, response);
}

static void check_kind(kind kind, const uint8_t *data, size_t size, size_t step) {
  swl_http_request request;
  swl_http_response response;
  int head = parse(kind, data, size, 0, &request, &response);
  CHECK(head <= 0 || (size_t)head <= size);
  if (head > 0 && kind == REQUEST) {
    check_request((const char *)data, head, &request);
    ask_request(&request);
  } else if (head > 0) {
    check_response((const char *)data, head, &response);
    ask_response(&response);
  }

  int pieces = 0;
  for (size_t given = 0, seen = 0; pieces == 0 && given < size; seen = given) {
    given = size - given < step ? size : given + step;
    char *exact = malloc(given);
    CHECK(exact != NULL);
    memcpy(exact, data, given);
    pieces = parse(kind, exact, given, seen, &request, &response);
    free(exact);
  }
  /* A line that is wrong before its end is in sight may be refused with its end only. */
  CHECK(pieces == head || (pieces == 0 && head < 0 && size && data[size - 1] != '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  check_kind(REQUEST, data + 1, size - 1, 1 + data[0] % 32);
  check_kind(RESPONSE, data + 1, size - 1, 1 + data[0] % 32);
  return 0;
}
