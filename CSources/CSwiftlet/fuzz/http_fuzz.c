/*
 * A head that is accepted is, byte for byte, what its slices say it is; one that arrives in pieces
 * has the same outcome; and what follows a head is not read.
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

#define NOT_TOKEN "\"(),/:;<=>?@[\\]{}"

static void check_head(const char *text, int head, const swl_http_request *request) {
  CHECK(request->method.size && all(request->method, 0x21, 0x7E, NOT_TOKEN));
  CHECK(request->target.size && all(request->target, 0x21, 0x7E, ""));
  const char *at = walk(text, request->method);
  at = walk(walk_text(at, " "), request->target);
  at = walk_text(at, request->minor_version ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  CHECK(request->fields.count <= CAPACITY);
  for (size_t i = 0; i < request->fields.count; i++) {
    swl_http_field field = request->fields[i];
    CHECK(field.name.size && all(field.name, 0x21, 0x7E, NOT_TOKEN));
    at = walk_blanks(walk_text(walk(at, field.name), ":"));
    for (size_t j = 0; j < field.value.size; j++) {
      unsigned char c = (unsigned char)field.value.data[j];
      CHECK((c >= 0x20 && c != 0x7F) || c == '\t');
    }
    at = walk_text(walk_blanks(walk(at, field.value)), "\r\n");
  }
  at = walk_text(at, "\r\n");
  CHECK(at == text + head);
}

/* All that may be asked of a head must do without a byte outside it. */
static void ask(const swl_http_request *request) {
  const char *key;
  swl_slice value;
  char out[512];
  CHECK(swl_http_field_find(&request->fields, "Host", &value) <= request->fields.count);
  swl_subprotocol_choose(request, (const char *const[]){"chat", "v2"}, 2);
  if (swl_handshake_check(request, &key) == SWL_UPGRADE_ACCEPT)
    CHECK(swl_handshake_respond(key, NULL, NULL, out, sizeof out) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  size_t step = 1 + data[0] % 32;
  data++;
  size--;
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  int head = swl_http_parse(data, size, 0, fields, CAPACITY, &request);
  if (head > 0) {
    CHECK((size_t)head <= size);
    check_head((const char *)data, head, &request);
    ask(&request);
  }

  int pieces = 0;
  for (size_t given = 0, seen = 0; pieces == 0 && given < size; seen = given) {
    given = size - given < step ? size : given + step;
    char *exact = malloc(given);
    CHECK(exact != NULL);
    memcpy(exact, data, given);
    pieces = swl_http_parse(exact, given, seen, fields, CAPACITY, &request);
    free(exact);
  }
  /* A line that is wrong before its end is in sight may be refused with its end only. */
  CHECK(pieces == head || (pieces == 0 && head < 0 && size && data[size - 1] != '\n'));
  return 0;
}
