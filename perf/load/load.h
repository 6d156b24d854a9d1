/*
 * The load client's parts: what a run was asked for, the connections' common start, and the three
 * ways to load a server (messages in a closed loop, short connections, idle connections).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWIFTLET_LOAD_H
#define SWIFTLET_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode { CLOSED_LOOP, SHORT_CONNECTIONS, IDLE_CONNECTIONS };

struct options {
  enum mode mode;
  const char *host, *path;
  const char *text_prefix; /* replies are text starting so, of any size; NULL: see reply_size */
  size_t reply_size;       /* replies have this size; 0: they are echoes */
  const uint8_t *payload;  /* of each message, size bytes; NULL: random ones */
  size_t size;             /* payload bytes of each message */
  double seconds, warmup;
  unsigned port, connections, depth;
  bool text;
};

/* Frames made once, each masked with a random key of its own, laid end to end. */
struct frames {
  uint8_t *bytes;
  size_t frame_size, count;
  uint8_t *payload; /* the same in all, before masking */
};

/* Logarithmic histogram, 64 steps per power of two: within 1.6 % of the true value. */
struct histogram {
  uint64_t counts[64 * 64];
  uint64_t total;
};

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t now_ns(void);
uint64_t cpu_ns(void);
uint64_t random_u64(void);
void histogram_add(struct histogram *h, uint64_t value, uint64_t count);
uint64_t histogram_percentile(const struct histogram *h, double percentile);

/* One masked client frame at p; returns its end. p has room for payload size + 14. */
uint8_t *write_frame(uint8_t *p, uint8_t opcode, const uint8_t *payload, size_t size);
struct frames make_frames(const struct options *options);

/* A blocking socket with TCP_NODELAY, connected from the index-th source address. */
int connect_socket(const struct options *options, unsigned index);

size_t write_upgrade(const struct options *options, char *request, size_t room);
/* Fails unless the answer is 101; looks at its accept key on the first call only. */
void check_upgrade(const char *response);

/* connect_socket and the upgrade, done one after the other. */
int open_websocket(const struct options *options, unsigned index);

/* Fails unless this is the reply that was asked for; data may be shorter than size when only the
 * head of a large reply is at hand. */
void check_reply(const struct options *options, const struct frames *frames, uint8_t first_byte,
                 const uint8_t *data, size_t have, size_t size);

void run_closed_loop(const struct options *options);
void run_short_connections(const struct options *options);
void run_idle_connections(const struct options *options);

#endif
