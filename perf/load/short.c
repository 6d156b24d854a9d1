/*
 * Short connections: connect, upgrade, one message, close frame, end of stream; then anew. Each of
 * the C slots does this over and over; the server closes TCP first (RFC 6455 §7.1.1).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { EVENTS = 256, HEAD = 1024, LARGEST = 4096 };
enum state { UPGRADING, MESSAGE, CLOSING };

struct slot {
  uint64_t begun;
  unsigned have;
  int fd;
  enum state state;
  char bytes[LARGEST + HEAD];
};

struct run {
  const struct options *options;
  struct frames frames;
  struct histogram lifetimes;
  uint64_t done; /* connections that came to their end */
  unsigned next_source;
  size_t request_size;
  int epoll;
  bool measuring;
  char request[HEAD];
};

static void send_all(const struct slot *s, const void *bytes, size_t n) {
  if (send(s->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("send: %s", strerror(errno));
}

static void begin(struct run *r, struct slot *s) {
  s->begun = now_ns();
  s->fd = connect_socket(r->options, r->next_source++);
  s->state = UPGRADING;
  s->have = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
  if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, s->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
  send_all(s, r->request, r->request_size);
}

static void end(struct run *r, struct slot *s) {
  close(s->fd);
  if (r->measuring) histogram_add(&r->lifetimes, now_ns() - s->begun, 1);
  r->done++;
  begin(r, s);
}

/* Looks at the whole reply; false while it is incomplete. */
static bool reply_complete(const struct run *r, const struct slot *s) {
  const uint8_t *p = (const uint8_t *)s->bytes;
  size_t have = s->have;
  if (have < 2) return false;
  size_t size = p[1] & 127, header = size == 126 ? 4 : 2;
  if (have < header) return false;
  if (size == 126) size = (size_t)p[2] << 8 | p[3];
  if (size == 127) fail("the reply is too long for --short");
  if (have < header + size) return false;
  check_reply(r->options, &r->frames, p[0], p + header, size, size);
  return true;
}

static void proceed(struct run *r, struct slot *s) {
  ssize_t n = recv(s->fd, s->bytes + s->have, sizeof s->bytes - 1 - s->have, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    if (s->state != CLOSING) fail("connection ended early: %s", n ? strerror(errno) : "closed");
    end(r, s);
    return;
  }
  s->have += (unsigned)n;
  s->bytes[s->have] = 0;
  switch (s->state) {
    case UPGRADING:
      if (!strstr(s->bytes, "\r\n\r\n")) return;
      check_upgrade(s->bytes);
      send_all(s, r->frames.bytes, r->frames.frame_size);
      s->state = MESSAGE;
      break;
    case MESSAGE: {
      if (!reply_complete(r, s)) return;
      uint8_t frame[16];
      send_all(s, frame, (size_t)(write_frame(frame, 8, (const uint8_t *)"\x03\xe8", 2) - frame));
      s->state = CLOSING;
      break;
    }
    case CLOSING:
      break; /* the close frame, if the server answers with one; then the stream ends */
  }
  s->have = 0;
}

void run_short_connections(const struct options *o) {
  static struct run r;
  if (o->size > LARGEST) fail("--short takes messages of at most %d bytes", LARGEST);
  r.options = o;
  r.frames = make_frames(o);
  r.request_size = write_upgrade(o, r.request, sizeof r.request);
  r.epoll = epoll_create1(EPOLL_CLOEXEC);
  struct slot *slots = calloc(o->connections, sizeof *slots);
  if (!slots) fail("not enough memory for %u connections", o->connections);
  for (unsigned i = 0; i < o->connections; i++) begin(&r, &slots[i]);
  uint64_t start = now_ns() + (uint64_t)(o->warmup * 1e9), now;
  uint64_t stop = start + (uint64_t)(o->seconds * 1e9), done_before = 0, cpu_before = 0;
  static struct epoll_event ready[EVENTS];
  do {
    int n = epoll_wait(r.epoll, ready, EVENTS, 5000);
    if (n <= 0) fail(n ? "epoll_wait failed" : "no answer for 5 seconds");
    for (int i = 0; i < n; i++) proceed(&r, ready[i].data.ptr);
    now = now_ns();
    if (!r.measuring && now >= start) {
      r.measuring = true;
      start = now;
      done_before = r.done;
      cpu_before = cpu_ns();
    }
  } while (now < stop);
  double seconds = (double)(now - start) / 1e9;
  printf(
      "{\"mode\": \"short\", \"connections\": %u, \"size\": %zu, \"seconds\": %.4f, "
      "\"messages\": %llu, \"messages_total\": %llu, \"rate\": %.1f, \"p50_us\": %.1f, "
      "\"p99_us\": %.1f, \"client_busy\": %.3f}\n",
      o->connections, o->size, seconds, (unsigned long long)(r.done - done_before),
      (unsigned long long)r.done, (double)(r.done - done_before) / seconds,
      (double)histogram_percentile(&r.lifetimes, 50) / 1e3,
      (double)histogram_percentile(&r.lifetimes, 99) / 1e3,
      (double)(cpu_ns() - cpu_before) / 1e9 / seconds);
}
