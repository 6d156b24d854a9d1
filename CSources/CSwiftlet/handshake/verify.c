/*
 * The client's view of the server's answer, RFC 6455 §4.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../cpu/library.h"
#include "http.h"

/* The rules on Upgrade and Connection differ: the one is a value, the other a list. */
static bool is_upgraded(const swl_http_fields *fields) {
  static const char websocket[] = "websocket";
  swl_slice upgrade;
  return swl_http_field_find(fields, "Upgrade", &upgrade) == 1 &&
         swl_http_equal(upgrade, websocket, sizeof websocket - 1) &&
         swl_http_list_contains(fields, "Connection", "upgrade");
}

static int verify_accept(const swl_http_fields *fields, const char *key) {
  char expected[SWL_ACCEPT_SIZE];
  swl_slice accept;
  int result = swl_accept_key(key, expected);
  if (result < 0) return result;
  return swl_http_field_find(fields, "Sec-WebSocket-Accept", &accept) == 1 &&
                 accept.size == sizeof expected &&
                 memcmp(accept.data, expected, sizeof expected) == 0
             ? SWL_OK
             : SWL_ERROR_RESPONSE_ACCEPT;
}

/* At most one of those asked for, letter by letter. */
static int verify_subprotocol(const swl_http_fields *fields, const swl_client_options *wish,
                              int *subprotocol) {
  swl_slice chosen;
  *subprotocol = -1;
  size_t count = swl_http_field_find(fields, "Sec-WebSocket-Protocol", &chosen);
  if (count == 0) return SWL_OK;
  for (size_t i = 0; count == 1 && i < wish->subprotocol_count; i++) {
    const char *asked = wish->subprotocols[i];
    if (chosen.size != strlen(asked) || memcmp(chosen.data, asked, chosen.size) != 0) continue;
    *subprotocol = (int)i;
    return SWL_OK;
  }
  return SWL_ERROR_RESPONSE_PROTOCOL;
}

int swl_handshake_verify(const swl_http_response *response, const char *key,
                         const swl_client_options *options, swl_client_agreement *agreement) {
  const swl_http_fields *fields = &response->fields;
  swl_client_options wish;
  if (!swl_options_copy(&wish, sizeof wish, options)) return SWL_ERROR_ARGUMENT;
  *agreement = (swl_client_agreement){.subprotocol = -1};
  /* HTTP/1.0 has neither the status nor the field Upgrade. */
  if (response->status != 101 || response->minor_version < 1) return SWL_ERROR_RESPONSE_STATUS;
  if (!is_upgraded(fields)) return SWL_ERROR_RESPONSE_UPGRADE;
  int result = verify_accept(fields, key);
  if (!result) result = verify_subprotocol(fields, &wish, &agreement->subprotocol);
  if (result < 0) return result;
  result = swl_deflate_confirm(fields, wish.deflate, &agreement->deflate);
  agreement->compressed = result > 0;
  return result < 0 ? result : SWL_OK;
}
