/*
 * The client's opening handshake, RFC 6455 §4.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../cpu/library.h"
#include "http.h"
#include "writer.h"

static bool is_target(const char *target) {
  /* A fragment is never sent (§3). */
  return target[0] == '/' && !strchr(target, '#') &&
         swl_http_is(swl_http_slice(target), SWL_HTTP_TARGET);
}

static bool are_subprotocols(const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!list[i] || !list[i][0] || !swl_http_is(swl_http_slice(list[i]), SWL_HTTP_TOKEN))
      return false;
    for (size_t j = 0; j < i; j++)
      if (strcmp(list[i], list[j]) == 0) return false;
  }
  return true;
}

/* Fields that are the handshake's own, and those that would give the request a body, which the
 * server would take for frames. */
static bool is_reserved(swl_slice name) {
  static const char *const names[] = {"Host",   "Upgrade",        "Connection",
                                      "Origin", "Content-Length", "Transfer-Encoding"};
  static const char prefix[] = "Sec-WebSocket-";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (swl_http_equal(name, names[i], strlen(names[i]))) return true;
  return name.size >= sizeof prefix - 1 &&
         swl_http_equal((swl_slice){name.data, sizeof prefix - 1}, prefix, sizeof prefix - 1);
}

static bool are_fields(const swl_http_field *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!fields[i].name.size || !swl_http_is(fields[i].name, SWL_HTTP_TOKEN) ||
        is_reserved(fields[i].name) || !swl_http_is(fields[i].value, SWL_HTTP_VALUE))
      return false;
  return true;
}

static bool can_be_sent(const char *key, const swl_client_options *options) {
  if (!key || !swl_http_is_key((swl_slice){key, SWL_KEY_SIZE})) return false;
  if (!options->host || !options->host[0] ||
      !swl_http_is(swl_http_slice(options->host), SWL_HTTP_TARGET))
    return false;
  if (options->target && !is_target(options->target)) return false;
  if (options->origin && !swl_http_is(swl_http_slice(options->origin), SWL_HTTP_VALUE))
    return false;
  return are_subprotocols(options->subprotocols, options->subprotocol_count) &&
         are_fields(options->fields, options->field_count);
}

static void append_subprotocols(swl_head_writer *writer, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    swl_head_append_text(writer, i == 0 ? "Sec-WebSocket-Protocol: " : ", ");
    swl_head_append_text(writer, list[i]);
  }
  if (count) swl_head_append(writer, "\r\n", 2);
}

static void append_fields(swl_head_writer *writer, const swl_http_field *fields, size_t count) {
  for (size_t i = 0; i < count; i++) {
    swl_head_append(writer, fields[i].name.data, fields[i].name.size);
    swl_head_append(writer, ": ", 2);
    swl_head_append(writer, fields[i].value.data, fields[i].value.size);
    swl_head_append(writer, "\r\n", 2);
  }
}

int swl_handshake_request(const char *key, const swl_client_options *options, void *out,
                          size_t capacity) {
  swl_client_options wish;
  if (!swl_options_copy(&wish, sizeof wish, options) || !can_be_sent(key, &wish))
    return SWL_ERROR_ARGUMENT;
  char offer[SWL_DEFLATE_EXTENSION_MAX];
  int offered = wish.deflate ? swl_deflate_offer(wish.deflate, offer) : 0;
  if (offered < 0) return offered;

  swl_head_writer writer = {out, capacity, 0};
  swl_head_append_text(&writer, "GET ");
  swl_head_append_text(&writer, wish.target ? wish.target : "/");
  swl_head_append_text(&writer, " HTTP/1.1\r\n");
  swl_head_append_field(&writer, "Host", swl_http_slice(wish.host));
  swl_head_append_text(&writer,
                       "Upgrade: websocket\r\n"
                       "Connection: Upgrade\r\n");
  swl_head_append_field(&writer, "Sec-WebSocket-Key", (swl_slice){key, SWL_KEY_SIZE});
  swl_head_append_text(&writer, "Sec-WebSocket-Version: 13\r\n");
  if (wish.origin) swl_head_append_field(&writer, "Origin", swl_http_slice(wish.origin));
  append_subprotocols(&writer, wish.subprotocols, wish.subprotocol_count);
  if (offered) swl_head_append_field(&writer, "Sec-WebSocket-Extensions", swl_http_slice(offer));
  append_fields(&writer, wish.fields, wish.field_count);
  return swl_head_finish(&writer);
}
