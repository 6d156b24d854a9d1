/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CPlatform.h"

int platform_accept(int listener, struct sockaddr_storage *peer) {
  socklen_t size = sizeof *peer;
  return accept4(listener, (struct sockaddr *)peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

ssize_t platform_receive(int socket, void *buffer, size_t size) {
  return syscall(SYS_recvfrom, socket, buffer, size, 0, NULL, NULL);
}

ssize_t platform_send(int socket, const void *bytes, size_t size) {
  return syscall(SYS_sendto, socket, bytes, size, MSG_NOSIGNAL, NULL, 0);
}

ssize_t platform_send_parts(int socket, const struct iovec *parts, size_t count) {
  struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};
  return syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
}

int platform_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  int count = epoll_pwait2(epoll, events, capacity, &time, NULL);
  if (count >= 0 || errno != ENOSYS) return count;
  return epoll_wait(epoll, events, capacity, (int)((nanoseconds + 999999) / 1000000));
}

void platform_exact_timers(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

void platform_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

static int reads_back(const char *text, double value, int single) {
  return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/*
 * Above a power of two numbers lie twice as far apart as below it: where the nearest digits lie
 * below and are another number's already, those one up may still be its own. (The last digit is no
 * 9: with one digit less the number would have been found before.)
 */
static int reads_back_one_up(char *text, double value, int single) {
  int exponent;
  char *last = strchr(text, 'e') - 1;
  if (frexp(value, &exponent) != 0.5 || *last == '9') return 0;
  ++*last;
  return reads_back(text, value, single);
}

int platform_shortest_digits(double value, int single, char *digits, int *exponent) {
  char text[32] = {0};
  int most = single ? 9 : 17;
  /* Any normal number's shortest digits are those of the guaranteed precision, less the zeros at
     the end, or one of the few precisions above it; a subnormal number has fewer to start from. */
  int precision = value < (single ? (double)FLT_MIN : DBL_MIN) ? 1 : single ? 6 : 15;
  for (; precision <= most; precision++) {
    snprintf(text, sizeof text, "%.*e", precision - 1, value);
    if (precision == most) break;
    if (reads_back(text, value, single) || reads_back_one_up(text, value, single)) break;
  }
  int count = 0;
  const char *at = text;
  for (; *at && *at != 'e'; at++)
    if (*at != '.') digits[count++] = *at;
  *exponent = *at ? atoi(at + 1) : 0;
  while (count > 1 && digits[count - 1] == '0') count--;
  return count;
}
