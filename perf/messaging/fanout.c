/*
 * fanout: N connections subscribe to one queue, one more posts to it. Posts are closed-loop: at
 * most `depth` of them have not reached every subscriber. Says "ready" when all are subscribed,
 * begins when a line comes on standard input, and prints the result as one line of JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../load/load.h"

enum { EVENTS = 256, BUFFER = 256 << 10, MESSAGE = 70000 };

struct subscriber {
  uint64_t notifications;
  size_t left;   /* bytes of the frame at hand that are still to come */
  unsigned have; /* bytes of its header that are here */
  uint8_t header[4];
  int fd;
};

/* Reads the blocking socket until a whole response has come. */
static void expect_response(int fd, const char *what) {
  static uint8_t buffer[MESSAGE];
  size_t have = 0, size = 0;
  while (!size || have < size) {
    ssize_t got = recv(fd, buffer + have, sizeof buffer - have, 0);
    if (got <= 0) fail("%s: %s", what, got ? strerror(errno) : "connection closed");
    have += (size_t)got;
    if (have >= 4 && !size)
      size = buffer[1] < 126 ? 2u + buffer[1] : 4u + (size_t)(buffer[2] << 8 | buffer[3]);
  }
  if (!memmem(buffer, have, "\"status\":201", 12) && !memmem(buffer, have, "status\xcc\xc9", 8))
    fail("%s: not 201: %.*s", what, (int)(have < 300 ? have : 300), (const char *)buffer);
}

/* The notifications that end in these bytes. */
static uint64_t count_notifications(struct subscriber *s, const uint8_t *p, size_t count) {
  uint64_t ended = 0;
  while (count) {
    if (s->left) {
      size_t part = count < s->left ? count : s->left;
      p += part;
      count -= part;
      s->left -= part;
      if (!s->left) ended++;
      continue;
    }
    s->header[s->have++] = *p++;
    count--;
    if (s->have == 1 && s->header[0] != 0x81 && s->header[0] != 0x82)
      fail("a subscriber gets a frame that begins with %#x", s->header[0]);
    if (s->have == 2 && s->header[1] < 126) s->left = s->header[1];
    if (s->have == 4) s->left = (size_t)(s->header[2] << 8 | s->header[3]);
    if (s->left) s->have = 0;
  }
  s->notifications += ended;
  return ended;
}

static uint8_t *read_file(const char *path, size_t *size) {
  static uint8_t bytes[2][MESSAGE];
  static unsigned files;
  uint8_t *into = bytes[files++ & 1];
  FILE *file = fopen(path, "rb");
  if (!file) fail("%s cannot be opened", path);
  *size = fread(into, 1, MESSAGE, file);
  fclose(file);
  return into;
}

struct run {
  struct options options;
  struct subscriber *subscribers;
  struct frames posts;
  uint64_t posted, delivered, answered;
  int poster, epoll;
};

/* Posts as many as may be under way. */
static void post(struct run *r) {
  uint64_t whole = r->delivered / r->options.connections;
  uint64_t wanted = whole + r->options.depth - r->posted;
  while (wanted) {
    size_t at = (size_t)(r->posted % r->posts.count);
    size_t frames = r->posts.count - at < wanted ? r->posts.count - at : (size_t)wanted;
    size_t bytes = frames * r->posts.frame_size;
    /* Few enough that the socket takes them at once. */
    if (send(r->poster, r->posts.bytes + at * r->posts.frame_size, bytes, MSG_NOSIGNAL) !=
        (ssize_t)bytes)
      fail("post: %s", strerror(errno));
    r->posted += frames;
    wanted -= frames;
  }
}

static void drive(struct run *r, double seconds) {
  static uint8_t buffer[BUFFER];
  struct epoll_event events[EVENTS];
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) {
    post(r);
    int count = epoll_wait(r->epoll, events, EVENTS, 1000);
    if (!count) fail("nothing came for a second");
    for (int i = 0; i < count; i++) {
      struct subscriber *s = events[i].data.ptr;
      ssize_t got = recv(s->fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) fail("a connection ended: %s", got ? strerror(errno) : "closed");
      if (s->fd == r->poster)
        r->answered += count_notifications(s, buffer, (size_t)got);
      else
        r->delivered += count_notifications(s, buffer, (size_t)got);
    }
  }
}

int main(int argc, char **argv) {
  static const struct option known[] = {
      {"port", 1, 0, 'p'},  {"subscribers", 1, 0, 'c'},
      {"depth", 1, 0, 'd'}, {"subscribe", 1, 0, 's'},
      {"post", 1, 0, 'm'},  {"seconds", 1, 0, 't'},
      {"text", 0, 0, 'T'},  {0, 0, 0, 0},
  };
  const char *subscribe_path = NULL, *post_path = NULL;
  struct run r = {
      .options = {
          .host = "127.0.0.1", .path = "/v2", .connections = 1000, .depth = 1, .seconds = 1.5}};
  for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    if (c == 'p')
      r.options.port = (unsigned)atoi(optarg);
    else if (c == 'c')
      r.options.connections = (unsigned)atoi(optarg);
    else if (c == 'd')
      r.options.depth = (unsigned)atoi(optarg);
    else if (c == 's')
      subscribe_path = optarg;
    else if (c == 'm')
      post_path = optarg;
    else if (c == 't')
      r.options.seconds = atof(optarg);
    else if (c == 'T')
      r.options.text = true;
    else
      fail(
          "usage: fanout --port P --subscribe FILE --post FILE [--subscribers N] [--depth D] "
          "[--seconds T] [--text]");
  }
  if (!subscribe_path || !post_path || !r.options.connections || !r.options.depth)
    fail("the requests to subscribe and to post are needed, and numbers above 0");
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  size_t size;
  const uint8_t *request = read_file(subscribe_path, &size);
  uint8_t frame[MESSAGE + 14];
  unsigned count = r.options.connections;
  r.subscribers = calloc(count + 1, sizeof *r.subscribers);
  r.epoll = epoll_create1(EPOLL_CLOEXEC);
  for (unsigned i = 0; i <= count; i++) {
    struct subscriber *s = &r.subscribers[i];
    s->fd = open_websocket(&r.options, i);
    if (i < count) {
      size_t bytes = (size_t)(write_frame(frame, r.options.text ? 1 : 2, request, size) - frame);
      if (send(s->fd, frame, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) fail("subscribe");
      expect_response(s->fd, "subscribe");
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    if (epoll_ctl(r.epoll, EPOLL_CTL_ADD, s->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
  }
  r.poster = r.subscribers[count].fd;
  r.options.payload = read_file(post_path, &r.options.size);
  r.posts = make_frames(&r.options);

  drive(&r, 0.3);
  puts("ready");
  fflush(stdout);
  if (getchar() == EOF) return 0;
  uint64_t before = r.delivered, begun = now_ns(), cpu = cpu_ns();
  drive(&r, r.options.seconds);
  double elapsed = (double)(now_ns() - begun) / 1e9;
  uint64_t deliveries = r.delivered - before;
  printf(
      "{\"deliveries\": %llu, \"seconds\": %.6f, \"rate\": %.0f, \"posts\": %llu, "
      "\"client_cpu_s\": %.6f}\n",
      (unsigned long long)deliveries, elapsed, (double)deliveries / elapsed,
      (unsigned long long)r.posted, (double)(cpu_ns() - cpu) / 1e9);
}
