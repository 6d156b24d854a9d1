/*
 * Looking up fields of a request head, and the comma-separated lists in them (RFC 9110 §5.6.1).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "http.h"

size_t swl_http_field_find(const swl_http_fields *fields, const char *name, swl_slice *value) {
  size_t found = 0, size = strlen(name);
  *value = (swl_slice){NULL, 0};
  for (size_t i = 0; i < fields->count; i++)
    if (swl_http_equal(fields->list[i].name, name, size) && found++ == 0)
      *value = fields->list[i].value;
  return found;
}

/* Cuts the first element off `list`, without white space around it. */
static swl_slice next_element(swl_slice *list) {
  const char *comma = list->size ? memchr(list->data, ',', list->size) : NULL;
  size_t size = comma ? (size_t)(comma - list->data) : list->size;
  swl_slice element = {list->data, size};
  size_t cut = comma ? size + 1 : size;
  *list = (swl_slice){list->data + cut, list->size - cut};
  while (element.size && swl_http_is_blank(element.data[0])) element.data++, element.size--;
  while (element.size && swl_http_is_blank(element.data[element.size - 1])) element.size--;
  return element;
}

/* Whether one of the lists called `name` has `token`, letter by letter or with case ignored. */
static bool list_holds(const swl_http_fields *fields, const char *name, const char *token,
                       bool exact) {
  size_t name_size = strlen(name), token_size = strlen(token);
  for (size_t i = 0; i < fields->count; i++) {
    if (!swl_http_equal(fields->list[i].name, name, name_size)) continue;
    for (swl_slice list = fields->list[i].value; list.size;) {
      swl_slice element = next_element(&list);
      if (exact ? element.size == token_size && memcmp(element.data, token, token_size) == 0
                : swl_http_equal(element, token, token_size))
        return true;
    }
  }
  return false;
}

bool swl_http_list_contains(const swl_http_fields *fields, const char *name, const char *token) {
  return list_holds(fields, name, token, false);
}

int swl_subprotocol_choose(const swl_http_request *request, const char *const *offers,
                           size_t count) {
  for (size_t i = 0; i < count; i++)
    if (list_holds(&request->fields, "Sec-WebSocket-Protocol", offers[i], true)) return (int)i;
  return -1;
}
