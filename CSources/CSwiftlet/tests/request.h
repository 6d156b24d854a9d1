/*
 * A browser's request and how the tests of the handshake room parse one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "check.h"

#define BROWSER                                                                            \
  "GET /chat?room=1 HTTP/1.1\r\n"                                                          \
  "Host: server.example.com\r\n"                                                           \
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" \
  "Sec-WebSocket-Version: 13\r\n"                                                          \
  "Origin: http://example.com\r\n"                                                         \
  "Sec-WebSocket-Protocol: chat, superchat\r\n"                                            \
  "Sec-WebSocket-Extensions: permessage-deflate\r\n"                                       \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                                        \
  "Connection: keep-alive, Upgrade\r\n"                                                    \
  "Upgrade: WebSocket\r\n\r\n"

enum { CAPACITY = 16 };

static inline int parse(const char *text, swl_http_field *fields, swl_http_request *request) {
  return swl_http_parse(text, strlen(text), 0, fields, CAPACITY, request);
}

#endif
