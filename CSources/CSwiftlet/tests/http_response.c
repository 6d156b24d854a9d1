/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"
#include "request.h"

#define RESPONSE                                           \
  "HTTP/1.1 101 Switching Protocols\r\n"                   \
  "Upgrade: websocket\r\n"                                 \
  "Connection: Upgrade\r\n"                                \
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" \
  "\r\n"

static int parse_text(const char *text, swl_http_field *fields, swl_http_response *response) {
  return swl_http_parse_response(text, strlen(text), 0, fields, CAPACITY, response);
}

static bool slice_is(swl_slice slice, const char *text) {
  return slice.size == strlen(text) && (!slice.size || memcmp(slice.data, text, slice.size) == 0);
}

TEST(http_response_is_taken_apart) {
  swl_http_field fields[CAPACITY];
  swl_http_response response;
  CHECK_EQUAL(parse_text(RESPONSE "\x81", fields, &response), strlen(RESPONSE));
  CHECK_EQUAL(response.status, 101);
  CHECK(slice_is(response.reason, "Switching Protocols"));
  CHECK_EQUAL(response.minor_version, 1);
  CHECK_EQUAL(response.fields.count, 3);
  CHECK(response.fields.list == fields);
  CHECK(slice_is(fields[2].name, "Sec-WebSocket-Accept"));
  CHECK(slice_is(fields[2].value, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

TEST(http_response_takes_pieces_of_any_size) {
  static const char text[] = RESPONSE;
  size_t size = sizeof text - 1;
  guard guard = guard_new(size);
  swl_http_field fields[CAPACITY];
  swl_http_response response;
  for (size_t step = 1; step <= size; step++) {
    TEST_NOTE("step %zu", step);
    size_t seen = 0;
    for (size_t given = step; given < size; given += step) {
      char *data = (char *)guard_back(&guard, given);
      memcpy(data, text, given);
      CHECK_EQUAL(swl_http_parse_response(data, given, 0, fields, CAPACITY, &response), 0);
      CHECK_EQUAL(swl_http_parse_response(data, given, seen, fields, CAPACITY, &response), 0);
      seen = given;
    }
    char *data = (char *)guard_back(&guard, size);
    memcpy(data, text, size);
    CHECK_EQUAL(swl_http_parse_response(data, size, seen, fields, CAPACITY, &response), size);
    CHECK_EQUAL(response.fields.count, 3);
  }
  guard_free(&guard);
}

TEST(http_response_reasons_may_be_empty_or_missing) {
  static const struct {
    const char *text, *reason;
    int status, minor_version;
  } cases[] = {
      {"HTTP/1.1 101 \r\n\r\n", "", 101, 1},
      {"HTTP/1.1 101\r\n\r\n", "", 101, 1},
      {"HTTP/1.0 999 a\tb \xC3\xA9\r\n\r\n", "a\tb \xC3\xA9", 999, 0},
      {"HTTP/1.1 100  x\r\n\r\n", " x", 100, 1},
  };
  swl_http_field fields[CAPACITY];
  swl_http_response response;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK_EQUAL(parse_text(cases[i].text, fields, &response), strlen(cases[i].text));
    CHECK_EQUAL(response.status, cases[i].status);
    CHECK_EQUAL(response.minor_version, cases[i].minor_version);
    CHECK(slice_is(response.reason, cases[i].reason));
  }
}

TEST(http_response_refuses) {
  static const struct {
    const char *text;
    int error;
  } cases[] = {
      {"HTTP/1.1 099 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 10 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 1011 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 1x1 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 -10 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1  101 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1\t101 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101\tx\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1101 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101 x\n\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101 x\ry\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101 \x01\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101 \x7F\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101 x\r\nA : b\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.1 101 x\r\nA: b\r\n c\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"http/1.1 101 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {" HTTP/1.1 101 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"\r\nHTTP/1.1 101 x\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"GET / HTTP/1.1\r\n\r\n", SWL_ERROR_HTTP_SYNTAX},
      {"HTTP/1.2 101 x\r\n\r\n", SWL_ERROR_HTTP_VERSION},
      {"HTTP/2.0 101 x\r\n\r\n", SWL_ERROR_HTTP_VERSION},
      {"HTTP/0.9 101 x\r\n\r\n", SWL_ERROR_HTTP_VERSION},
  };
  swl_http_field fields[CAPACITY];
  swl_http_response response;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK_EQUAL(parse_text(cases[i].text, fields, &response), cases[i].error);
    int result = 0;
    size_t size = strlen(cases[i].text);
    for (size_t given = 1; given <= size && result == 0; given++)
      result =
          swl_http_parse_response(cases[i].text, given, given - 1, fields, CAPACITY, &response);
    CHECK_EQUAL(result, cases[i].error);
  }
  static const char nul[] = "HTTP/1.1 101 a\0b\r\n\r\n";
  CHECK_EQUAL(swl_http_parse_response(nul, sizeof nul - 1, 0, fields, CAPACITY, &response),
              SWL_ERROR_HTTP_SYNTAX);
}

TEST(http_response_holds_the_number_of_fields) {
  swl_http_field fields[2];
  swl_http_response response;
  static const char two[] = "HTTP/1.1 101 x\r\na: b\r\na: b\r\n\r\n";
  static const char three[] = "HTTP/1.1 101 x\r\na: b\r\na: b\r\na: b\r\n\r\n";
  CHECK_EQUAL(swl_http_parse_response(two, sizeof two - 1, 0, fields, 2, &response),
              sizeof two - 1);
  CHECK_EQUAL(swl_http_parse_response(three, sizeof three - 1, 0, fields, 2, &response),
              SWL_ERROR_HTTP_SIZE);
}
