/*
 * Agreeing on permessage-deflate in the opening handshake, RFC 7692 §5 and §7.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../cpu/library.h"
#include "../handshake/http.h"
#include "extensions.h"

/* SWL_WITH_DEFLATE as a value: without deflate it need not be defined. */
#if SWL_WITH_DEFLATE
#define HAVE_DEFLATE 1
#else
#define HAVE_DEFLATE 0
#endif

#define EXTENSION "permessage-deflate"
#define SERVER_WITHOUT_TAKEOVER "server_no_context_takeover"
#define CLIENT_WITHOUT_TAKEOVER "client_no_context_takeover"
#define SERVER_WINDOW_BITS "server_max_window_bits"
#define CLIENT_WINDOW_BITS "client_max_window_bits"

enum { WINDOW_BITS_MAX = 15 };

/* The parameters of an offer or a response. */
typedef struct deflate_parameters {
  bool server_without_takeover, client_without_takeover;
  uint8_t server_window_bits, client_window_bits; /* 0: not there */
} deflate_parameters;

static bool is_default_or(int value, int low, int high) {
  return value == 0 || (value >= low && value <= high);
}

/* The options with what they leave open filled in. */
static bool negotiation_options(swl_deflate_options *wish, const swl_deflate_options *options) {
  if (!swl_options_copy(wish, sizeof *wish, options)) return false;
  if (!is_default_or(wish->server_window_bits, 9, WINDOW_BITS_MAX) ||
      !is_default_or(wish->client_window_bits, 9, WINDOW_BITS_MAX) ||
      !is_default_or(wish->level, 1, 9) || !is_default_or(wish->memory_level, 1, 9))
    return false;
  if (wish->server_window_bits == 0) wish->server_window_bits = WINDOW_BITS_MAX;
  if (wish->client_window_bits == 0) wish->client_window_bits = WINDOW_BITS_MAX;
  return true;
}

static bool is_name(swl_slice name, const char *wanted) {
  return swl_http_equal(name, wanted, strlen(wanted));
}

static bool is_deflate(swl_slice name) { return is_name(name, EXTENSION); }

/* Takes a parameter that has no value and may stand once. */
static bool take_flag(bool *flag, const swl_extension_parameter *parameter) {
  if (*flag || parameter->has_value) return false;
  *flag = true;
  return true;
}

/* Takes a parameter from 8 to 15, without leading zeros, that may stand once. */
static bool take_window_bits(uint8_t *bits, const swl_extension_parameter *parameter) {
  if (*bits || !parameter->has_value) return false;
  const char *digits = parameter->value;
  if (parameter->value_size == 1 && (digits[0] == '8' || digits[0] == '9'))
    *bits = (uint8_t)(digits[0] - '0');
  else if (parameter->value_size == 2 && digits[0] == '1' && digits[1] >= '0' && digits[1] <= '5')
    *bits = (uint8_t)(10 + digits[1] - '0');
  return *bits != 0;
}

/* Whether the parameter is one that may stand there. */
static bool take_parameter(deflate_parameters *parameters, bool offer,
                           const swl_extension_parameter *parameter) {
  if (is_name(parameter->name, SERVER_WITHOUT_TAKEOVER))
    return take_flag(&parameters->server_without_takeover, parameter);
  if (is_name(parameter->name, CLIENT_WITHOUT_TAKEOVER))
    return take_flag(&parameters->client_without_takeover, parameter);
  if (is_name(parameter->name, SERVER_WINDOW_BITS))
    return take_window_bits(&parameters->server_window_bits, parameter);
  if (!is_name(parameter->name, CLIENT_WINDOW_BITS)) return false;
  if (!offer || parameter->has_value || parameters->client_window_bits)
    return take_window_bits(&parameters->client_window_bits, parameter);
  parameters->client_window_bits = WINDOW_BITS_MAX; /* any: the client leaves it to the server */
  return true;
}

/* Reads the extension's parameters: 1 when all are right, 0 when not, SWL_ERROR_HTTP_SYNTAX. */
static int read_parameters(swl_extension_reader *reader, bool offer,
                           deflate_parameters *parameters) {
  *parameters = (deflate_parameters){0};
  swl_extension_parameter parameter;
  bool right = true;
  int result;
  while ((result = swl_extension_parameter_next(reader, &parameter)) == 1)
    right = right && take_parameter(parameters, offer, &parameter);
  return result < 0 ? result : right;
}

static char *put_text(char *at, const char *text) {
  size_t size = strlen(text);
  memcpy(at, text, size + 1);
  return at + size;
}

static char *put_window_bits(char *at, const char *name, int bits) {
  at = put_text(put_text(put_text(at, "; "), name), bits < 10 ? "=" : "=1");
  *at++ = (char)('0' + bits % 10);
  *at = 0;
  return at;
}

_Static_assert(sizeof EXTENSION "; " SERVER_WITHOUT_TAKEOVER "; " CLIENT_WITHOUT_TAKEOVER
                                "; " SERVER_WINDOW_BITS "=15; " CLIENT_WINDOW_BITS
                                "=15" <= SWL_DEFLATE_EXTENSION_MAX,
               "room for all parameters");

static void write_parameters(char *at, const deflate_parameters *parameters) {
  at = put_text(at, EXTENSION);
  if (parameters->server_without_takeover) at = put_text(at, "; " SERVER_WITHOUT_TAKEOVER);
  if (parameters->client_without_takeover) at = put_text(at, "; " CLIENT_WITHOUT_TAKEOVER);
  if (parameters->server_window_bits)
    at = put_window_bits(at, SERVER_WINDOW_BITS, parameters->server_window_bits);
  if (parameters->client_window_bits == WINDOW_BITS_MAX)
    put_text(at, "; " CLIENT_WINDOW_BITS);
  else if (parameters->client_window_bits)
    put_window_bits(at, CLIENT_WINDOW_BITS, parameters->client_window_bits);
}

static uint8_t fewer_bits(int a, int b) { return (uint8_t)(a < b ? a : b); }

/* What a response with these parameters agrees on. */
static swl_deflate_agreement agreement_of(const deflate_parameters *response) {
  return (swl_deflate_agreement){
      .server_window_bits =
          response->server_window_bits ? response->server_window_bits : WINDOW_BITS_MAX,
      .client_window_bits =
          response->client_window_bits ? response->client_window_bits : WINDOW_BITS_MAX,
      .server_without_takeover = response->server_without_takeover,
      .client_without_takeover = response->client_without_takeover,
  };
}

/* The response to an offer that can be met. */
static deflate_parameters response_to(const deflate_parameters *offer,
                                      const swl_deflate_options *wish) {
  deflate_parameters response = {
      .server_without_takeover = offer->server_without_takeover || wish->server_without_takeover,
      .client_without_takeover = offer->client_without_takeover || wish->client_without_takeover,
  };
  int server = wish->server_window_bits, client = wish->client_window_bits;
  if (offer->server_window_bits)
    response.server_window_bits = fewer_bits(offer->server_window_bits, server);
  else if (server < WINDOW_BITS_MAX)
    response.server_window_bits = (uint8_t)server;
  /* Only a client that said it knows the parameter may be sent it (§7.1.2.2). */
  if (offer->client_window_bits && fewer_bits(offer->client_window_bits, client) < WINDOW_BITS_MAX)
    response.client_window_bits = fewer_bits(offer->client_window_bits, client);
  return response;
}

int swl_deflate_accept(const swl_http_fields *fields, const swl_deflate_options *options,
                       char *extension, swl_deflate_agreement *agreement) {
  swl_deflate_options wish;
  if (!negotiation_options(&wish, options)) return SWL_ERROR_ARGUMENT;
  swl_extension_reader reader = {.fields = fields};
  swl_slice name;
  deflate_parameters offer, accepted = {0};
  bool found = false;
  int result;
  while ((result = swl_extension_next(&reader, &name)) == 1) {
    int right = read_parameters(&reader, true, &offer);
    if (right < 0) return right;
    /* zlib has no raw window of 256 bytes to compress with. */
    if (found || !right || !is_deflate(name) || offer.server_window_bits == 8) continue;
    accepted = offer;
    found = true;
  }
  if (result < 0) return result;
  if (!found || !HAVE_DEFLATE) return 0;
  deflate_parameters response = response_to(&accepted, &wish);
  write_parameters(extension, &response);
  *agreement = agreement_of(&response);
  return 1;
}

int swl_deflate_offer(const swl_deflate_options *options, char *extension) {
  swl_deflate_options wish;
  if (!negotiation_options(&wish, options)) return SWL_ERROR_ARGUMENT;
  if (!HAVE_DEFLATE) return 0;
  deflate_parameters offer = {
      .server_without_takeover = wish.server_without_takeover,
      .client_without_takeover = wish.client_without_takeover,
      .client_window_bits = (uint8_t)wish.client_window_bits,
  };
  if (wish.server_window_bits < WINDOW_BITS_MAX)
    offer.server_window_bits = (uint8_t)wish.server_window_bits;
  write_parameters(extension, &offer);
  return 1;
}

/* Whether the response keeps what the offer demanded of the server (§7.1.1.1, §7.1.2.1). */
static bool is_answer(const deflate_parameters *response, const swl_deflate_options *wish) {
  if (wish->server_without_takeover && !response->server_without_takeover) return false;
  return wish->server_window_bits == WINDOW_BITS_MAX ||
         (response->server_window_bits && response->server_window_bits <= wish->server_window_bits);
}

int swl_deflate_confirm(const swl_http_fields *fields, const swl_deflate_options *options,
                        swl_deflate_agreement *agreement) {
  swl_deflate_options wish;
  if (!negotiation_options(&wish, options)) return SWL_ERROR_ARGUMENT;
  swl_extension_reader reader = {.fields = fields};
  swl_slice name;
  int result = swl_extension_next(&reader, &name);
  if (result == 0) return 0;
  deflate_parameters response;
  if (result < 0 || !options || !HAVE_DEFLATE || !is_deflate(name) ||
      read_parameters(&reader, false, &response) != 1 || !is_answer(&response, &wish) ||
      swl_extension_next(&reader, &name) != 0)
    return SWL_ERROR_RESPONSE_EXTENSION;
  *agreement = agreement_of(&response);
  /* Both were hints to the server, and we keep to them. */
  agreement->client_without_takeover |= wish.client_without_takeover;
  agreement->client_window_bits =
      fewer_bits(agreement->client_window_bits, wish.client_window_bits);
  return 1;
}
