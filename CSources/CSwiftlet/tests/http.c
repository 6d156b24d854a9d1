/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"
#include "request.h"

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
  CHECK_EQUAL(request.fields.count, 9);
  CHECK(request.fields.list == fields);
  CHECK(is(fields[0].name, "Host") && is(fields[0].value, "server.example.com"));
  CHECK(is(fields[8].name, "Upgrade") && is(fields[8].value, "WebSocket"));
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
    CHECK_EQUAL(request.fields.count, 9);
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
  CHECK_EQUAL(request.fields.count, 3);
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
  CHECK_EQUAL(swl_http_field_find(&request.fields, "a", &value), 2);
  CHECK(is(value, "one, Two ,,\tthree"));
  CHECK_EQUAL(swl_http_field_find(&request.fields, "B", &value), 1);
  CHECK_EQUAL(value.size, 0);
  CHECK_EQUAL(swl_http_field_find(&request.fields, "c", &value), 0);
  CHECK_EQUAL(value.size, 0);
  CHECK(swl_http_list_contains(&request.fields, "a", "ONE"));
  CHECK(swl_http_list_contains(&request.fields, "a", "two"));
  CHECK(swl_http_list_contains(&request.fields, "a", "three"));
  CHECK(swl_http_list_contains(&request.fields, "a", "four"));
  CHECK(!swl_http_list_contains(&request.fields, "a", "fou"));
  CHECK(!swl_http_list_contains(&request.fields, "a", "five"));
  CHECK(!swl_http_list_contains(&request.fields, "b", "one"));
  /* '@' and '`' differ in the bit of case but are no letters. */
  CHECK(parse("GET / HTTP/1.1\r\nA: ^x\r\n\r\n", fields, &request) > 0);
  CHECK(!swl_http_list_contains(&request.fields, "a", "~x"));
}
