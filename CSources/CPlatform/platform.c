/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CPlatform.h"

#include <float.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int platform_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void platform_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int platform_shortest_digits(double value, int single, char *digits, int *exponent) {
  char text[32] = {0};
  int most = single ? 9 : 17;
  /* Any normal number's shortest digits are those of the guaranteed precision, less the zeros at the
     end, or one of the few precisions above it; a subnormal number has fewer to start from. */
  int precision = value < (single ? (double)FLT_MIN : DBL_MIN) ? 1 : single ? 6 : 15;
  for (; precision <= most; precision++) {
    snprintf(text, sizeof text, "%.*e", precision - 1, value);
    if (precision == most) break;
    if (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) break;
  }
  int count = 0;
  const char *at = text;
  for (; *at && *at != 'e'; at++)
    if (*at != '.') digits[count++] = *at;
  *exponent = *at ? atoi(at + 1) : 0;
  while (count > 1 && digits[count - 1] == '0') count--;
  return count;
}
