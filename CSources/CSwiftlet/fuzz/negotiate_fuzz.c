/*
 * Offers and responses of any kind. The first bytes of an input are both ends' wishes; each line
 * of the rest is the value of a field.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 4, FIELDS = 4 };

static swl_deflate_options wishes(uint8_t bits, uint8_t flags) {
  return (swl_deflate_options){
      .size = sizeof(swl_deflate_options),
      .server_window_bits = bits & 8 ? 9 + (bits & 7) % 7 : 0,
      .client_window_bits = bits & 0x80 ? 9 + (bits >> 4 & 7) % 7 : 0,
      .server_without_takeover = flags & 1,
      .client_without_takeover = flags & 2,
  };
}

static swl_http_fields one_field(swl_http_field *field, const char *value) {
  *field = (swl_http_field){{"Sec-WebSocket-Extensions", 24}, {value, strlen(value)}};
  return (swl_http_fields){field, 1};
}

static bool is_equal(swl_deflate_agreement a, swl_deflate_agreement b) {
  return a.server_window_bits == b.server_window_bits &&
         a.client_window_bits == b.client_window_bits &&
         a.server_without_takeover == b.server_without_takeover &&
         a.client_without_takeover == b.client_without_takeover;
}

static int at_most(int wish) { return wish ? wish : 15; }

/* Whatever a client offers, the response is one that it may be sent. */
static void check_accept(const swl_http_fields *offers, const swl_deflate_options *server) {
  char *response = malloc(SWL_DEFLATE_EXTENSION_MAX);
  CHECK(response != NULL);
  swl_deflate_agreement ours, theirs;
  int result = swl_deflate_accept(offers, server, response, &ours);
  CHECK(result == 1 || result == 0 || result == SWL_ERROR_HTTP_SYNTAX);
  if (result == 1) {
    CHECK(ours.server_window_bits >= 9 &&
          ours.server_window_bits <= at_most(server->server_window_bits));
    CHECK(ours.client_window_bits >= 8 && ours.client_window_bits <= 15);
    CHECK(ours.server_without_takeover || !server->server_without_takeover);
    CHECK(ours.client_without_takeover || !server->client_without_takeover);
    swl_http_field field;
    swl_http_fields fields = one_field(&field, response);
    swl_deflate_options all = wishes(0, 0);
    CHECK(swl_deflate_confirm(&fields, &all, &theirs) == 1 && is_equal(ours, theirs));
  }
  free(response);
}

/* Whatever a server answers, what is agreed on is within what was offered. */
static void check_confirm(const swl_http_fields *response, const swl_deflate_options *client) {
  swl_deflate_agreement agreement;
  int result = swl_deflate_confirm(response, client, &agreement);
  CHECK(result == 1 || result == 0 || result == SWL_ERROR_RESPONSE_EXTENSION);
  CHECK(swl_deflate_confirm(response, NULL, &agreement) ==
        (result == 0 ? 0 : SWL_ERROR_RESPONSE_EXTENSION));
  if (result != 1) return;
  CHECK(agreement.server_window_bits >= 8 &&
        agreement.server_window_bits <= at_most(client->server_window_bits));
  CHECK(agreement.client_window_bits >= 8 &&
        agreement.client_window_bits <= at_most(client->client_window_bits));
  CHECK(agreement.server_without_takeover || !client->server_without_takeover);
  CHECK(agreement.client_without_takeover || !client->client_without_takeover);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < CHOICES) return 0;
  swl_deflate_options server = wishes(data[0], data[1]), client = wishes(data[2], data[3]);
  const uint8_t *end = data + size;
  data += CHOICES;

  swl_http_field list[FIELDS];
  swl_http_fields fields = {list, 0};
  for (; data < end && fields.count < FIELDS; fields.count++) {
    const uint8_t *line = memchr(data, '\n', (size_t)(end - data));
    size_t length = (size_t)((line ? line : end) - data);
    char *value = malloc(length);
    CHECK(value != NULL);
    memcpy(value, data, length);
    list[fields.count] = (swl_http_field){{"sec-websocket-extensions", 24}, {value, length}};
    data += length + (line != NULL);
  }
  check_accept(&fields, &server);
  check_confirm(&fields, &client);
  for (size_t i = 0; i < fields.count; i++) free((void *)(uintptr_t)list[i].value.data);
  return 0;
}
