/*
 * bare_client: a WebSocket load client that checks nothing, the yardstick of what measuring may
 * cost. Frames are made and masked beforehand, replies are counted by their bytes, and nothing is
 * timed but the whole.
 *
 *   bare_client PORT PATH CONNECTIONS DEPTH SIZE SECONDS
 *
 * Prints messages a second, and the nanoseconds of CPU time that one took, as one line of JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "../../load/load.h"

enum { EVENTS = 256, BUFFER = 256 << 10 };

struct connection {
  const uint8_t *out, *out_end; /* what the socket has yet to take */
  size_t bytes;                 /* of the reply that is under way */
  unsigned owed;
  int fd;
};

static struct frames frames;
static size_t next_frame;

static void take_frames(struct connection *c) {
  size_t count = c->owed;
  if (count > frames.count) count = frames.count;
  if (next_frame + count > frames.count) next_frame = 0;
  c->out = frames.bytes + next_frame * frames.frame_size;
  c->out_end = c->out + count * frames.frame_size;
  next_frame += count;
  c->owed -= (unsigned)count;
}

static void send_owed(int epoll, struct connection *c, bool was_blocked) {
  for (;;) {
    if (c->out == c->out_end) {
      if (!c->owed) break;
      take_frames(c);
    }
    ssize_t n = send(c->fd, c->out, (size_t)(c->out_end - c->out), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
    if (n > 0) c->out += n;
    if (c->out != c->out_end) {
      struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
      if (!was_blocked) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
      return;
    }
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (was_blocked) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static double number(const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (*text == 0 || *end != 0 || value <= 0) fail("not a number above 0: '%s'", text);
  return value;
}

int main(int argc, char **argv) {
  if (argc != 7) fail("usage: bare_client PORT PATH CONNECTIONS DEPTH SIZE SECONDS");
  struct options o = {.host = "127.0.0.1",
                      .port = (unsigned)number(argv[1]),
                      .path = argv[2],
                      .connections = (unsigned)number(argv[3]),
                      .depth = (unsigned)number(argv[4]),
                      .size = (size_t)number(argv[5]),
                      .seconds = number(argv[6])};
  signal(SIGPIPE, SIG_IGN);
  frames = make_frames(&o);
  size_t reply_size = o.size + (o.size < 126 ? 2 : o.size < 65536 ? 4 : 10);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct connection *connections = calloc(o.connections, sizeof *connections);
  static uint8_t buffer[BUFFER];
  static struct epoll_event ready[EVENTS];
  if (epoll < 0 || !connections) fail("cannot begin: %s", strerror(errno));
  for (unsigned i = 0; i < o.connections; i++) {
    struct connection *c = &connections[i];
    c->fd = open_websocket(&o, i);
    c->owed = o.depth;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
  }
  uint64_t begun = now_ns(), cpu = cpu_ns(), stop = begun + (uint64_t)(o.seconds * 1e9);
  uint64_t messages = 0;
  for (unsigned i = 0; i < o.connections; i++) send_owed(epoll, &connections[i], false);
  while (now_ns() < stop) {
    int count = epoll_wait(epoll, ready, EVENTS, 5000);
    if (count <= 0) fail("no reply for 5 seconds");
    for (int i = 0; i < count; i++) {
      struct connection *c = ready[i].data.ptr;
      bool blocked = c->out != c->out_end;
      if (ready[i].events & ~(uint32_t)EPOLLOUT) {
        ssize_t n = recv(c->fd, buffer, BUFFER, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN)) fail("the server closed the connection");
        if (n > 0) {
          c->bytes += (size_t)n;
          size_t replies = c->bytes / reply_size;
          c->bytes -= replies * reply_size;
          c->owed += (unsigned)replies;
          messages += replies;
        }
      }
      if (c->owed || blocked) send_owed(epoll, c, blocked);
    }
  }
  double seconds = (double)(now_ns() - begun) / 1e9;
  printf("{\"rate\": %.1f, \"cpu_ns\": %.1f}\n", (double)messages / seconds,
         (double)(cpu_ns() - cpu) / (double)messages);
}
