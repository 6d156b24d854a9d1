/* SPDX-License-Identifier: Apache-2.0 */
#include "extensions.h"

#include "../handshake/http.h"

/* The next character, or 0 at the end, which is in no field. */
static char extension_peek(const swl_slice *rest) { return rest->size ? rest->data[0] : 0; }

static void extension_skip(swl_slice *rest) { rest->data++, rest->size--; }

static bool extension_take(swl_slice *rest, char wanted) {
  if (extension_peek(rest) != wanted) return false;
  extension_skip(rest);
  return true;
}

/* Between any two parts there may be white space (RFC 2616 §2.1, whose grammar it is). */
static void extension_skip_blanks(swl_slice *rest) {
  while (swl_http_is_blank(extension_peek(rest))) extension_skip(rest);
}

static bool extension_is_token(char c) {
  return swl_http_classes[(unsigned char)c] & SWL_HTTP_TOKEN;
}

static int extension_token(swl_slice *rest, swl_slice *token) {
  *token = (swl_slice){rest->data, 0};
  while (extension_is_token(extension_peek(rest))) token->size++, extension_skip(rest);
  return token->size ? SWL_OK : SWL_ERROR_HTTP_SYNTAX;
}

/* value = token | quoted-string that holds a token */
static int extension_value(swl_slice *rest, swl_extension_parameter *parameter) {
  bool quoted = extension_take(rest, '"');
  for (;;) {
    bool escaped = quoted && extension_take(rest, '\\');
    char c = extension_peek(rest);
    if (!extension_is_token(c)) {
      if (escaped) return SWL_ERROR_HTTP_SYNTAX;
      break;
    }
    if (parameter->value_size < sizeof parameter->value)
      parameter->value[parameter->value_size] = c;
    parameter->value_size++;
    extension_skip(rest);
  }
  if (parameter->value_size == 0 || (quoted && !extension_take(rest, '"')))
    return SWL_ERROR_HTTP_SYNTAX;
  parameter->has_value = true;
  return SWL_OK;
}

/* Goes on to the next field of the name; false when there is none. */
static bool extension_field(swl_extension_reader *reader) {
  static const char name[] = "Sec-WebSocket-Extensions";
  while (reader->field < reader->fields->count) {
    const swl_http_field *field = &reader->fields->list[reader->field++];
    if (!swl_http_equal(field->name, name, sizeof name - 1)) continue;
    reader->rest = field->value;
    return true;
  }
  return false;
}

int swl_extension_next(swl_extension_reader *reader, swl_slice *name) {
  for (;;) {
    /* Elements of a list may be empty (RFC 9110 §5.6.1.2). */
    do extension_skip_blanks(&reader->rest);
    while (extension_take(&reader->rest, ','));
    if (reader->rest.size) break;
    if (!extension_field(reader)) return 0;
  }
  int error = extension_token(&reader->rest, name);
  return error ? error : 1;
}

int swl_extension_parameter_next(swl_extension_reader *reader, swl_extension_parameter *parameter) {
  swl_slice *rest = &reader->rest;
  *parameter = (swl_extension_parameter){0};
  extension_skip_blanks(rest);
  if (rest->size == 0 || extension_peek(rest) == ',') return 0;
  if (!extension_take(rest, ';')) return SWL_ERROR_HTTP_SYNTAX;
  extension_skip_blanks(rest);
  int error = extension_token(rest, &parameter->name);
  if (error) return error;
  extension_skip_blanks(rest);
  if (!extension_take(rest, '=')) return 1;
  extension_skip_blanks(rest);
  error = extension_value(rest, parameter);
  return error ? error : 1;
}
