/*
 * HTTP/1.x request heads, RFC 9112 §2 to §5, read strictly: what two parsers could read in two ways
 * is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <string.h>

#include "http.h"

enum { TOKEN = 1, TARGET = 2, VALUE = 4 };

/* clang-format off */
#define T TOKEN | TARGET | VALUE /* tchar (RFC 9110 §5.6.2) */
#define V TARGET | VALUE         /* other visible ASCII */
static const uint8_t classes[256] = {
  ['\t'] = VALUE, [' '] = VALUE,
  ['!'] = T, ['"'] = V, ['#'] = T, ['$'] = T, ['%'] = T, ['&'] = T, ['\''] = T, ['('] = V,
  [')'] = V, ['*'] = T, ['+'] = T, [','] = V, ['-'] = T, ['.'] = T, ['/'] = V,
  ['0'] = T, T, T, T, T, T, T, T, T, T,
  [':'] = V, [';'] = V, ['<'] = V, ['='] = V, ['>'] = V, ['?'] = V, ['@'] = V,
  ['A'] = T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,
  ['['] = V, ['\\'] = V, [']'] = V, ['^'] = T, ['_'] = T, ['`'] = T,
  ['a'] = T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,
  ['{'] = V, ['|'] = T, ['}'] = V, ['~'] = T,
  /* obs-text, RFC 9110 §5.5 */
#define O VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, \
          VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE
  [128] = O, O, O, O, O, O, O, O
#undef O
};
#undef T
#undef V
/* clang-format on */

/* What is left to read. A step returns SWL_OK, an error, or MORE when the bytes end in it. */
typedef struct cursor {
  const char *at, *end;
} cursor;

enum { MORE = 1 };

/* Takes the longest run of a class; it must not be empty. */
static int take(cursor *cursor, int class, swl_slice *run) {
  const char *at = cursor->at;
  while (at < cursor->end && classes[(unsigned char)*at] & class) at++;
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

/* request-line = method SP request-target SP HTTP-version CRLF (§3) */
static int take_request_line(cursor *cursor, swl_http_request *request) {
  int major = 0, result;
  if ((result = take(cursor, TOKEN, &request->method))) return result;
  if ((result = expect(cursor, " "))) return result;
  if ((result = take(cursor, TARGET, &request->target))) return result;
  if ((result = expect(cursor, " HTTP/"))) return result;
  if ((result = take_digit(cursor, &major))) return result;
  if ((result = expect(cursor, "."))) return result;
  if ((result = take_digit(cursor, &request->minor_version))) return result;
  if ((result = expect(cursor, "\r\n"))) return result;
  return major == 1 && request->minor_version <= 1 ? SWL_OK : SWL_ERROR_HTTP_VERSION;
}

/* field-line = field-name ":" OWS field-value OWS CRLF (§5) */
static int take_field(cursor *cursor, swl_http_field *field) {
  int result;
  if ((result = take(cursor, TOKEN, &field->name))) return result;
  if ((result = expect(cursor, ":"))) return result;
  result = take(cursor, VALUE, &field->value);
  if (result == MORE) return MORE;
  swl_slice *value = &field->value; /* may be empty */
  while (value->size && swl_http_is_blank(value->data[0])) value->data++, value->size--;
  while (value->size && swl_http_is_blank(value->data[value->size - 1])) value->size--;
  return expect(cursor, "\r\n");
}

static int take_head(cursor *cursor, size_t capacity, swl_http_request *request) {
  int result = take_request_line(cursor, request);
  while (!result) {
    if (cursor->at < cursor->end && *cursor->at == '\r') return expect(cursor, "\r\n");
    swl_http_field field;
    result = take_field(cursor, &field);
    if (result) break;
    if (request->fields.count == capacity) return SWL_ERROR_HTTP_SIZE;
    request->fields.list[request->fields.count++] = field;
  }
  return result;
}

int swl_http_parse(const void *data, size_t size, size_t seen, swl_http_field *fields,
                   size_t capacity, swl_http_request *request) {
  const char *text = data;
  *request = (swl_http_request){.fields = {fields, 0}};
  /* Only a line's end can end the head, so other new bytes wait for it: a head costs no more full
   * scans than it may have lines. */
  if (seen > 0 && seen <= size && !(seen < size && memchr(text + seen, '\n', size - seen)))
    return size > INT_MAX ? SWL_ERROR_HTTP_SIZE : 0;
  cursor cursor = {text, text ? text + size : text};
  int result = take_head(&cursor, capacity, request);
  if (result < 0) return result;
  if (cursor.at - text > INT_MAX || (result == MORE && size > INT_MAX)) return SWL_ERROR_HTTP_SIZE;
  return result == MORE ? 0 : (int)(cursor.at - text);
}
