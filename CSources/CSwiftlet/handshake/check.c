/*
 * The server's view of an opening handshake, RFC 6455 §4.2.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "http.h"

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
  if (!swl_http_is_key(value)) return SWL_UPGRADE_BAD;
  *key = value.data;
  return SWL_UPGRADE_ACCEPT;
}
