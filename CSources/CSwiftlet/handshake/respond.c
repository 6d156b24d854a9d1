/*
 * The server's answer to an opening handshake, RFC 6455 §4.2.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http.h"
#include "writer.h"

int swl_handshake_respond(const char *key, const char *subprotocol, const char *extensions,
                          void *out, size_t capacity) {
  if (!key || (subprotocol && !swl_http_is(swl_http_slice(subprotocol), SWL_HTTP_VALUE)) ||
      (extensions && !swl_http_is(swl_http_slice(extensions), SWL_HTTP_VALUE)))
    return SWL_ERROR_ARGUMENT;
  char accept[SWL_ACCEPT_SIZE];
  int result = swl_accept_key(key, accept);
  if (result < 0) return result;

  swl_head_writer writer = {out, capacity, 0};
  swl_head_append_text(&writer,
                       "HTTP/1.1 101 Switching Protocols\r\n"
                       "Upgrade: websocket\r\n"
                       "Connection: Upgrade\r\n");
  swl_head_append_field(&writer, "Sec-WebSocket-Accept", (swl_slice){accept, sizeof accept});
  if (subprotocol)
    swl_head_append_field(&writer, "Sec-WebSocket-Protocol", swl_http_slice(subprotocol));
  if (extensions)
    swl_head_append_field(&writer, "Sec-WebSocket-Extensions", swl_http_slice(extensions));
  return swl_head_finish(&writer);
}
