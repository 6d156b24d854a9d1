/*
 * Characters of HTTP (RFC 9110 §5.5 and §5.6) by class.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http.h"

enum { VALUE = SWL_HTTP_VALUE };

/* clang-format off */
#define T SWL_HTTP_TOKEN | SWL_HTTP_TARGET | SWL_HTTP_VALUE
#define V SWL_HTTP_TARGET | SWL_HTTP_VALUE /* other visible ASCII */
const uint8_t swl_http_classes[256] = {
  ['\t'] = VALUE, [' '] = VALUE,
  ['!'] = T, ['"'] = V, ['#'] = T, ['$'] = T, ['%'] = T, ['&'] = T, ['\''] = T, ['('] = V,
  [')'] = V, ['*'] = T, ['+'] = T, [','] = V, ['-'] = T, ['.'] = T, ['/'] = V,
  ['0'] = T, T, T, T, T, T, T, T, T, T,
  [':'] = V, [';'] = V, ['<'] = V, ['='] = V, ['>'] = V, ['?'] = V, ['@'] = V,
  ['A'] = T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,
  ['['] = V, ['\\'] = V, [']'] = V, ['^'] = T, ['_'] = T, ['`'] = T,
  ['a'] = T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,
  ['{'] = V, ['|'] = T, ['}'] = V, ['~'] = T,
  /* obs-text */
#define O VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, \
          VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE
  [128] = O, O, O, O, O, O, O, O
#undef O
};
#undef T
#undef V
/* clang-format on */

bool swl_http_is(swl_slice slice, int class) {
  for (size_t i = 0; i < slice.size; i++)
    if (!(swl_http_classes[(unsigned char)slice.data[i]] & class)) return false;
  return true;
}

static bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

/* 16 bytes in base64 are 22 characters and "==". The four unused bits of the last character are not
 * looked at: the key is never decoded, and clients exist that fill them. */
bool swl_http_is_key(swl_slice value) {
  if (value.size != SWL_KEY_SIZE || value.data[22] != '=' || value.data[23] != '=') return false;
  for (size_t i = 0; i < 22; i++)
    if (!is_base64(value.data[i])) return false;
  return true;
}
