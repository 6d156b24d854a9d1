/*
 * HTTP/1.x request and response heads, RFC 9112 §2 to §5, read strictly: what two parsers could
 * read in two ways is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <string.h>

#include "http.h"

/* What is left to read. A step returns SWL_OK, an error, or MORE when the bytes end in it. */
typedef struct cursor {
  const char *at, *end;
} cursor;

enum { MORE = 1 };

/* Takes the longest run of a class; it must not be empty. */
static int take(cursor *cursor, int class, swl_slice *run) {
  const char *at = cursor->at;
  while (at < cursor->end && swl_http_classes[(unsigned char)*at] & class) at++;
  *run = (swl_slice){cursor->at, (size_t)(at - cursor->at)};
  cursor->at = at;
  if (at == cursor->end) return MORE;
  return run->size ? SWL_OK : SWL_ERROR_HTTP_SYNTAX;
}

static int expect(cursor *cursor, const char *text) {
  for (; *text; text++, cursor->at++) {
    if (cursor->at == cursor->end) return MORE;
    if (*cursor->at != *text) return SWL_ERROR_HTTP_SYNTAX;
  }
  return SWL_OK;
}

static int take_digit(cursor *cursor, int *digit) {
  if (cursor->at == cursor->end) return MORE;
  *digit = *cursor->at - '0';
  if (*digit < 0 || *digit > 9) return SWL_ERROR_HTTP_SYNTAX;
  cursor->at++;
  return SWL_OK;
}

/* HTTP-version = "HTTP/" DIGIT "." DIGIT (§2.3); whether we speak it is asked once the line is
 * read, so that what is no line of HTTP is a syntax error. */
static int take_version(cursor *cursor, int *major, int *minor) {
  int result;
  if ((result = expect(cursor, "HTTP/"))) return result;
  if ((result = take_digit(cursor, major))) return result;
  if ((result = expect(cursor, "."))) return result;
  return take_digit(cursor, minor);
}

static int check_version(int major, int minor) {
  return major == 1 && minor <= 1 ? SWL_OK : SWL_ERROR_HTTP_VERSION;
}

/* request-line = method SP request-target SP HTTP-version CRLF (§3) */
static int take_request_line(cursor *cursor, swl_http_request *request) {
  int major = 0, result;
  if ((result = take(cursor, SWL_HTTP_TOKEN, &request->method))) return result;
  if ((result = expect(cursor, " "))) return result;
  if ((result = take(cursor, SWL_HTTP_TARGET, &request->target))) return result;
  if ((result = expect(cursor, " "))) return result;
  if ((result = take_version(cursor, &major, &request->minor_version))) return result;
  if ((result = expect(cursor, "\r\n"))) return result;
  return check_version(major, request->minor_version);
}

/* status-line = HTTP-version SP 3DIGIT SP [ reason-phrase ] CRLF (§4). Servers exist that leave the
 * second space out with the reason; it cannot be read in two ways. */
static int take_status_line(cursor *cursor, swl_http_response *response) {
  int major = 0, result;
  if ((result = take_version(cursor, &major, &response->minor_version))) return result;
  if ((result = expect(cursor, " "))) return result;
  for (int i = 0, digit; i < 3; i++) {
    if ((result = take_digit(cursor, &digit))) return result;
    response->status = 10 * response->status + digit;
  }
  if (response->status < 100) return SWL_ERROR_HTTP_SYNTAX;
  if (cursor->at < cursor->end && *cursor->at == ' ') {
    cursor->at++;
    (void)take(cursor, SWL_HTTP_VALUE, &response->reason); /* may be empty */
  }
  if ((result = expect(cursor, "\r\n"))) return result;
  return check_version(major, response->minor_version);
}

/* field-line = field-name ":" OWS field-value OWS CRLF (§5) */
static int take_field(cursor *cursor, swl_http_field *field) {
  int result;
  if ((result = take(cursor, SWL_HTTP_TOKEN, &field->name))) return result;
  if ((result = expect(cursor, ":"))) return result;
  result = take(cursor, SWL_HTTP_VALUE, &field->value);
  if (result == MORE) return MORE;
  swl_slice *value = &field->value; /* may be empty */
  while (value->size && swl_http_is_blank(value->data[0])) value->data++, value->size--;
  while (value->size && swl_http_is_blank(value->data[value->size - 1])) value->size--;
  return expect(cursor, "\r\n");
}

/* The fields and the empty line behind them. */
static int take_fields(cursor *cursor, size_t capacity, swl_http_fields *fields) {
  for (;;) {
    if (cursor->at < cursor->end && *cursor->at == '\r') return expect(cursor, "\r\n");
    swl_http_field field;
    int result = take_field(cursor, &field);
    if (result) return result;
    if (fields->count == capacity) return SWL_ERROR_HTTP_SIZE;
    fields->list[fields->count++] = field;
  }
}

/* Only a line's end can end the head, so other new bytes wait for it: a head costs no more full
 * scans than it may have lines. */
static bool is_waiting(const char *text, size_t size, size_t seen) {
  return seen > 0 && seen <= size && !(seen < size && memchr(text + seen, '\n', size - seen));
}

/* What to return when reading came to `at` with `result`. */
static int end_head(int result, const char *text, const char *at, size_t size) {
  if (result < 0) return result;
  if (at - text > INT_MAX || (result == MORE && size > INT_MAX)) return SWL_ERROR_HTTP_SIZE;
  return result == MORE ? 0 : (int)(at - text);
}

int swl_http_parse(const void *data, size_t size, size_t seen, swl_http_field *fields,
                   size_t capacity, swl_http_request *request) {
  const char *text = data;
  cursor cursor = {text, text ? text + size : text};
  *request = (swl_http_request){.fields = {fields, 0}};
  int result = MORE;
  if (!is_waiting(text, size, seen)) {
    result = take_request_line(&cursor, request);
    if (!result) result = take_fields(&cursor, capacity, &request->fields);
  }
  return end_head(result, text, cursor.at, size);
}

int swl_http_parse_response(const void *data, size_t size, size_t seen, swl_http_field *fields,
                            size_t capacity, swl_http_response *response) {
  const char *text = data;
  cursor cursor = {text, text ? text + size : text};
  *response = (swl_http_response){.fields = {fields, 0}};
  int result = MORE;
  if (!is_waiting(text, size, seen)) {
    result = take_status_line(&cursor, response);
    if (!result) result = take_fields(&cursor, capacity, &response->fields);
  }
  return end_head(result, text, cursor.at, size);
}
