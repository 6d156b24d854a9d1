/*
 * Checks that all parsers hand out the same messages, then times them in turn and prints each
 * round's nanoseconds a frame as JSON, for parsers.py.
 *
 *   parsers ROUNDS MILLISECONDS      a parser's share of a round lasts at least that long
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parsers.h"

enum { PAYLOAD = 20, HEADER = 6, BUFFER = 64 * 1024 };

static const struct parser *const parsers[] = {&copy_only,   &swiftlet_receiver, &swiftlet_conn,
                                               &wslay_event, &wslay_frame,       &libwebsockets};
enum { PARSERS = sizeof parsers / sizeof parsers[0] };

void fail(const char *what) {
  fprintf(stderr, "parsers: %s\n", what);
  exit(1);
}

/* Repeatable; any masks and payloads will do. */
static uint8_t next_byte(void) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint8_t)(state >> 56);
}

/* Masked binary frames (RFC 6455 §5.2) of 20 bytes, as many as the buffer holds. */
static struct frames make_frames(void) {
  size_t count = BUFFER / (HEADER + PAYLOAD);
  struct frames frames = {malloc(BUFFER), count * (HEADER + PAYLOAD), count, PAYLOAD};
  if (!frames.bytes) fail("no memory");
  for (uint8_t *at = frames.bytes; at < frames.bytes + frames.size;) {
    *at++ = 0x82;
    *at++ = 0x80 | PAYLOAD;
    for (size_t i = 0; i < 4 + PAYLOAD; i++) *at++ = next_byte();
  }
  return frames;
}

/* What a parser should hand out, by the letter of §5.3. */
static struct tally expected(const struct frames *frames) {
  struct tally tally = {.checking = true};
  for (const uint8_t *at = frames->bytes; at < frames->bytes + frames->size;) {
    uint8_t payload[PAYLOAD];
    for (size_t i = 0; i < PAYLOAD; i++) payload[i] = at[HEADER + i] ^ at[2 + i % 4];
    tally.messages++;
    tally_payload(&tally, payload, PAYLOAD);
    at += HEADER + PAYLOAD;
  }
  return tally;
}

static void check(const struct parser *parser, const struct frames *frames) {
  struct tally wanted = expected(frames);
  for (int i = 0; i < 3; i++) {
    struct tally tally = {.checking = true};
    parser->run(frames, &tally);
    if (memcmp(&tally, &wanted, sizeof tally) == 0) continue;
    fprintf(stderr,
            "parsers: %s gave %" PRIu64 " messages of %" PRIu64 " bytes, wanted %" PRIu64
            " of %" PRIu64 "; payloads %s\n",
            parser->name, tally.messages, tally.bytes, wanted.messages, wanted.bytes,
            tally.sum == wanted.sum ? "equal" : "differ");
    exit(1);
  }
}

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double time_parser(const struct parser *parser, const struct frames *frames,
                          double shortest_ns) {
  struct tally tally = {0};
  uint64_t frames_given = 0;
  double start = now_ns(), elapsed;
  do {
    for (int i = 0; i < 16; i++) parser->run(frames, &tally);
    frames_given += 16 * frames->count;
    elapsed = now_ns() - start;
  } while (elapsed < shortest_ns);
  if (tally.messages != frames_given) fail("messages were lost while timing");
  return elapsed / (double)frames_given;
}

int main(int argc, char **argv) {
  int rounds = argc == 3 ? atoi(argv[1]) : 0;
  double shortest_ns = argc == 3 ? atof(argv[2]) * 1e6 : 0;
  if (rounds < 1 || shortest_ns <= 0) fail("usage: parsers ROUNDS MILLISECONDS");
  struct frames frames = make_frames();
  for (size_t i = 0; i < PARSERS; i++) {
    if (parsers[i]->open(&frames) != 0) fail(parsers[i]->name);
    if (parsers[i] != &copy_only) check(parsers[i], &frames);
  }
  printf("{\"payload_bytes\": %d, \"frames\": %zu, \"buffer_bytes\": %zu, \"rounds\": [", PAYLOAD,
         frames.count, frames.size);
  for (int round = 0; round < rounds; round++) {
    double ns[PARSERS];
    /* Each time another one begins, so that none has always the same predecessor's caches. */
    for (int turn = 0; turn < PARSERS; turn++) {
      int index = (turn + round) % PARSERS;
      ns[index] = time_parser(parsers[index], &frames, shortest_ns);
    }
    printf("%s{", round ? ",\n" : "\n");
    for (int i = 0; i < PARSERS; i++)
      printf("%s\"%s\": %.4f", i ? ", " : "", parsers[i]->name, ns[i]);
    printf("}");
  }
  printf("\n]}\n");
  return 0;
}
