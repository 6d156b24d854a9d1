/*
 * What is compared: parsers of WebSocket frames, each given the same masked client frames by the
 * same copy out of one buffer that stays as it is (unmasking is in place), as a server's socket
 * would give them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PARSERS_H
#define PARSERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Binary messages of one frame each, back to back. */
struct frames {
  uint8_t *bytes;
  size_t size, count, payload_size;
};

/* What a parser handed out. The payload is summed up only while the parsers are checked: timed, a
 * receiver of messages that only counts is the same few instructions for all. */
struct tally {
  uint64_t messages, bytes, sum;
  bool checking;
};

static inline void tally_payload(struct tally *tally, const uint8_t *data, size_t size) {
  tally->bytes += size;
  if (!tally->checking) return;
  for (size_t i = 0; i < size; i++) tally->sum = (tally->sum ^ data[i]) * 0x100000001B3u;
}

struct parser {
  const char *name;
  /* Makes a connection of the server role; 0, or it cannot be had. */
  int (*open)(const struct frames *frames);
  /* Parses all frames once. */
  void (*run)(const struct frames *frames, struct tally *tally);
};

extern const struct parser copy_only, swiftlet_receiver, swiftlet_conn, wslay_event, wslay_frame,
    libwebsockets;

_Noreturn void fail(const char *what);

#endif
