/*
 * Whatever strings a client asks with, a request that is written is read as one with just those: no
 * string smuggles in a field, ends the head or changes another one's value.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

enum { CAPACITY = 16 };

static bool equal(swl_slice slice, swl_slice other) {
  return slice.size == other.size &&
         (!slice.size || memcmp(slice.data, other.data, slice.size) == 0);
}

static swl_slice slice_of(const char *text) { return (swl_slice){text, strlen(text)}; }

static swl_slice trimmed(swl_slice slice) {
  while (slice.size && strchr(" \t", slice.data[0])) slice.data++, slice.size--;
  while (slice.size && strchr(" \t", slice.data[slice.size - 1])) slice.size--;
  return slice;
}

/* The request has the one field called `name`, with `value`; or none when there is no value. */
static void check_field(const swl_http_request *request, const char *name, const char *value) {
  swl_slice found;
  CHECK(swl_http_field_find(&request->fields, name, &found) == (value ? 1 : 0));
  if (value) CHECK(equal(found, trimmed(slice_of(value))));
}

static void check_request(const char *text, int size, const swl_client_options *options) {
  swl_http_field fields[CAPACITY];
  swl_http_request request;
  const char *key;
  CHECK(swl_http_parse(text, (size_t)size, 0, fields, CAPACITY, &request) == size);
  CHECK(swl_handshake_check(&request, &key) == SWL_UPGRADE_ACCEPT);
  CHECK(memcmp(key, KEY, SWL_KEY_SIZE) == 0);
  CHECK(equal(request.target, slice_of(options->target)));
  check_field(&request, "Host", options->host);
  check_field(&request, "Origin", options->origin);
  CHECK(request.fields.count ==
        5 + (options->origin != NULL) + (options->subprotocol_count != 0) + options->field_count);
  for (size_t i = 0; i < options->subprotocol_count; i++)
    CHECK(swl_subprotocol_choose(&request, options->subprotocols + i, 1) == 0);
  for (size_t i = 0; i < options->field_count; i++) {
    swl_http_field field = fields[request.fields.count - options->field_count + i];
    CHECK(equal(field.name, options->fields[i].name));
    CHECK(equal(field.value, trimmed(options->fields[i].value)));
  }
}

/* Cuts the next string, which ends with a NUL, off the input. */
static const char *next_string(const char **at, const char *end) {
  const char *string = *at;
  if (string == end) return NULL;
  *at += strlen(string) + 1;
  return string;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1), *out = malloc(size + 512);
  CHECK(text && out);
  if (size) memcpy(text, data, size);
  text[size] = 0;
  const char *at = text, *end = text + size + 1;
  const char *host = next_string(&at, end), *target = next_string(&at, end);
  const char *origin = next_string(&at, end);
  const char *subprotocols[2] = {next_string(&at, end), next_string(&at, end)};
  swl_http_field fields[2];
  size_t field_count = 0;
  while (field_count < 2 && at != end) {
    swl_http_field *field = &fields[field_count];
    field->name = slice_of(next_string(&at, end));
    /* The last value is the rest, NULs and all. */
    size_t rest = (size_t)(end - at);
    field->value = (swl_slice){at, rest && field_count == 0 ? strlen(at) : rest ? rest - 1 : 0};
    at += field->value.size + (rest != 0);
    field_count++;
  }
  swl_client_options options = {
      .size = sizeof options,
      .host = host,
      .target = target ? target : "/",
      .origin = origin,
      .subprotocols = subprotocols,
      .subprotocol_count = subprotocols[1]   ? 2
                           : subprotocols[0] ? 1
                                             : 0,
      .fields = fields,
      .field_count = field_count,
  };
  int written = swl_handshake_request(KEY, &options, out, size + 512);
  CHECK(written > 0 || written == SWL_ERROR_ARGUMENT);
  if (written > 0) check_request(out, written, &options);
  free(out);
  free(text);
  return 0;
}
