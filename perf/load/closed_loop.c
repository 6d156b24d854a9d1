/*
 * Closed loop: each connection keeps `depth` messages in flight; a reply releases the next one.
 * Small replies are compared whole. The payload of a large one is dropped in the kernel
 * (MSG_TRUNC, no copy) except for every CHECK_EVERY-th on a connection, which is compared whole.
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

#include "load.h"

enum { EVENTS = 256, BUFFER = 256 << 10, SMALL = 4096, CHECK_EVERY = 64 };

struct connection {
  const uint8_t *out, *out_end; /* frames that the socket has yet to take */
  uint64_t *sent_at;            /* when each message in flight was released, oldest at `oldest` */
  size_t size, left;            /* payload of the large reply at hand: in all, still to come */
  uint64_t replies;
  unsigned oldest, owed; /* owed: messages released while `out` was not empty */
  unsigned part_size;
  int fd;
  uint8_t part[SMALL + 10]; /* the beginning of a small reply */
};

struct run {
  const struct options *options;
  struct frames frames;
  struct histogram round_trips;
  uint64_t messages; /* replies since the start */
  uint64_t now;
  size_t next_frame;
  int epoll;
  bool measuring;
  uint8_t buffer[BUFFER];
};

static void watch(struct run *r, struct connection *c, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(r->epoll, operation, c->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void take_frames(struct run *r, struct connection *c) {
  if (r->next_frame + c->owed > r->frames.count) r->next_frame = 0;
  c->out = r->frames.bytes + r->next_frame * r->frames.frame_size;
  c->out_end = c->out + c->owed * r->frames.frame_size;
  r->next_frame += c->owed;
  c->owed = 0;
}

static void send_frames(struct run *r, struct connection *c, bool was_blocked) {
  for (;;) {
    if (c->out == c->out_end) {
      if (!c->owed) break;
      take_frames(r, c);
    }
    ssize_t n = send(c->fd, c->out, (size_t)(c->out_end - c->out), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
    if (n > 0) c->out += n;
    if (c->out != c->out_end) {
      if (!was_blocked) watch(r, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
      return;
    }
  }
  if (was_blocked) watch(r, c, EPOLLIN, EPOLL_CTL_MOD);
}

static void count_reply(struct run *r, struct connection *c) {
  uint64_t *sent_at = &c->sent_at[c->oldest];
  if (r->measuring) histogram_add(&r->round_trips, r->now - *sent_at, 1);
  *sent_at = r->now;
  if (++c->oldest == r->options->depth) c->oldest = 0;
  c->replies++;
  c->owed++;
  r->messages++;
}

/* One receive within a large payload. */
static void receive_payload(struct run *r, struct connection *c) {
  bool check = !r->options->reply_size && !r->options->text_prefix && c->replies % CHECK_EVERY == 0;
  size_t want = check && c->left > BUFFER ? BUFFER : c->left;
  ssize_t n = recv(c->fd, check ? r->buffer : NULL, want, MSG_DONTWAIT | (check ? 0 : MSG_TRUNC));
  if (n == 0) fail("the server closed the connection");
  if (n < 0) {
    if (errno == EAGAIN) return;
    fail("recv: %s", strerror(errno));
  }
  if (check && memcmp(r->buffer, r->frames.payload + c->size - c->left, (size_t)n))
    fail("an echo differs from the message");
  c->left -= (size_t)n;
  if (!c->left) count_reply(r, c);
}

static void receive_replies(struct run *r, struct connection *c) {
  uint8_t *p = r->buffer;
  memcpy(p, c->part, c->part_size);
  ssize_t n = recv(c->fd, p + c->part_size, BUFFER - c->part_size, MSG_DONTWAIT);
  if (n == 0) fail("the server closed the connection");
  if (n < 0) {
    if (errno == EAGAIN) return;
    fail("recv: %s", strerror(errno));
  }
  uint8_t *end = p + c->part_size + n;
  c->part_size = 0;
  while (p < end) {
    size_t have = (size_t)(end - p), header = 2, size = 0;
    if (have >= 2) {
      if (p[1] & 0x80) fail("a masked frame from the server");
      size = p[1];
      header = size < 126 ? 2 : size == 126 ? 4 : 10;
    }
    if (have >= header && header > 2) {
      size = 0;
      for (size_t i = 2; i < header; i++) size = size << 8 | p[i];
    }
    if (have < header || (size <= SMALL && have < header + size)) {
      memcpy(c->part, p, have);
      c->part_size = (unsigned)have;
      return;
    }
    have -= header;
    if (have > size) have = size;
    bool ping = p[0] == 0x89; /* left unanswered: the traffic shows that we live */
    if (!ping) check_reply(r->options, &r->frames, p[0], p + header, have, size);
    p += header + have;
    if (have < size) {
      c->size = size;
      c->left = size - have;
    } else if (!ping) {
      count_reply(r, c);
    }
  }
}

static struct connection *open_connections(struct run *r) {
  const struct options *o = r->options;
  struct connection *all = calloc(o->connections, sizeof *all);
  uint64_t *times = calloc((size_t)o->connections * o->depth, sizeof *times);
  if (!all || !times) fail("not enough memory for %u connections", o->connections);
  for (unsigned i = 0; i < o->connections; i++) {
    all[i].fd = open_websocket(o, i);
    all[i].sent_at = times + (size_t)i * o->depth;
    watch(r, &all[i], EPOLLIN, EPOLL_CTL_ADD);
  }
  return all;
}

void run_closed_loop(const struct options *o) {
  static struct run r;
  r.options = o;
  r.frames = make_frames(o);
  r.epoll = epoll_create1(EPOLL_CLOEXEC);
  struct connection *connections = open_connections(&r);
  r.now = now_ns();
  for (unsigned i = 0; i < o->connections; i++) {
    struct connection *c = &connections[i];
    for (unsigned k = 0; k < o->depth; k++) c->sent_at[k] = r.now;
    c->owed = o->depth;
    send_frames(&r, c, false);
  }
  uint64_t begin = now_ns() + (uint64_t)(o->warmup * 1e9),
           stop = begin + (uint64_t)(o->seconds * 1e9);
  uint64_t messages_before = 0, cpu_before = 0, give_up = stop + 5000000000u;
  static struct epoll_event ready[EVENTS];
  for (;;) {
    int n = epoll_wait(r.epoll, ready, EVENTS, 5000);
    if (n <= 0) fail(n ? "epoll_wait failed" : "no reply for 5 seconds");
    for (int i = 0; i < n; i++) {
      struct connection *c = ready[i].data.ptr;
      r.now = now_ns();
      bool blocked = c->out != c->out_end;
      if (ready[i].events & ~(uint32_t)EPOLLOUT) {
        if (c->left)
          receive_payload(&r, c);
        else
          receive_replies(&r, c);
      }
      if (blocked ? ready[i].events & EPOLLOUT : c->owed) send_frames(&r, c, blocked);
    }
    if (!r.measuring && r.now >= begin) {
      r.measuring = true;
      begin = r.now;
      messages_before = r.messages;
      cpu_before = cpu_ns();
    }
    if (r.now >= stop && r.measuring && (r.round_trips.total || r.now >= give_up)) break;
  }
  double seconds = (double)(r.now - begin) / 1e9;
  printf(
      "{\"mode\": \"closed-loop\", \"connections\": %u, \"depth\": %u, \"size\": %zu, "
      "\"seconds\": %.4f, \"messages\": %llu, \"messages_total\": %llu, \"rate\": %.1f, "
      "\"p50_us\": %.1f, \"p99_us\": %.1f, \"client_busy\": %.3f}\n",
      o->connections, o->depth, o->size, seconds,
      (unsigned long long)(r.messages - messages_before), (unsigned long long)r.messages,
      (double)(r.messages - messages_before) / seconds,
      (double)histogram_percentile(&r.round_trips, 50) / 1e3,
      (double)histogram_percentile(&r.round_trips, 99) / 1e3,
      (double)(cpu_ns() - cpu_before) / 1e9 / seconds);
}
