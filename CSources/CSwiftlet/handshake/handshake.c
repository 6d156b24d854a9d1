/*
 * The opening handshake, RFC 6455 §4.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <string.h>

#include "http.h"

static bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

/* 16 bytes in base64 are 22 characters and "==". The four unused bits of the last character are not
 * looked at: the key is never decoded, and clients exist that fill them. */
static bool is_key(swl_slice value) {
  if (value.size != SWL_KEY_SIZE || value.data[22] != '=' || value.data[23] != '=') return false;
  for (size_t i = 0; i < 22; i++)
    if (!is_base64(value.data[i])) return false;
  return true;
}

static bool is_text(swl_slice value, const char *text) {
  return value.size == strlen(text) && memcmp(value.data, text, value.size) == 0;
}

swl_upgrade swl_handshake_check(const swl_http_request *request, const char **key) {
  swl_slice value;
  *key = NULL;
  if (!swl_http_list_contains(&request->fields, "Upgrade", "websocket")) return SWL_UPGRADE_NONE;
  if (!is_text(request->method, "GET")) return SWL_UPGRADE_METHOD;
  if (request->minor_version < 1) return SWL_UPGRADE_BAD;
  if (swl_http_field_find(&request->fields, "Host", &value) != 1) return SWL_UPGRADE_BAD;
  if (!swl_http_list_contains(&request->fields, "Connection", "upgrade")) return SWL_UPGRADE_BAD;
  /* Before the key, since a client of another version may send another one; §4.4. */
  size_t versions = swl_http_field_find(&request->fields, "Sec-WebSocket-Version", &value);
  if (versions > 1) return SWL_UPGRADE_BAD;
  if (versions == 0 || !is_text(value, "13")) return SWL_UPGRADE_VERSION;
  if (swl_http_field_find(&request->fields, "Sec-WebSocket-Key", &value) != 1)
    return SWL_UPGRADE_BAD;
  if (!is_key(value)) return SWL_UPGRADE_BAD;
  *key = value.data;
  return SWL_UPGRADE_ACCEPT;
}

/* Appends to a buffer; what does not fit is counted but not written. */
typedef struct writer {
  char *out;
  size_t capacity, size;
} writer;

static void append(writer *writer, const char *text, size_t size) {
  if (writer->size <= writer->capacity && size <= writer->capacity - writer->size && size)
    memcpy(writer->out + writer->size, text, size);
  writer->size += size;
}

static void append_field(writer *writer, const char *name, const char *value, size_t size) {
  append(writer, name, strlen(name));
  append(writer, ": ", 2);
  append(writer, value, size);
  append(writer, "\r\n", 2);
}

static bool is_field_value(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7F) return false;
  return true;
}

int swl_handshake_respond(const char *key, const char *subprotocol, const char *extensions,
                          void *out, size_t capacity) {
  if (!key || (subprotocol && !is_field_value(subprotocol)) ||
      (extensions && !is_field_value(extensions)))
    return SWL_ERROR_ARGUMENT;
  char accept[SWL_ACCEPT_SIZE];
  int result = swl_accept_key(key, accept);
  if (result < 0) return result;

  static const char start[] =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n";
  writer writer = {out, capacity, 0};
  append(&writer, start, sizeof start - 1);
  append_field(&writer, "Sec-WebSocket-Accept", accept, sizeof accept);
  if (subprotocol)
    append_field(&writer, "Sec-WebSocket-Protocol", subprotocol, strlen(subprotocol));
  if (extensions) append_field(&writer, "Sec-WebSocket-Extensions", extensions, strlen(extensions));
  append(&writer, "\r\n", 2);
  if (writer.size > capacity) return SWL_ERROR_SPACE;
  if (writer.size > INT_MAX) return SWL_ERROR_ARGUMENT;
  return (int)writer.size;
}
