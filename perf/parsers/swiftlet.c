/* SPDX-License-Identifier: Apache-2.0 */
#include "swiftlet.h"

#include <stdlib.h>
#include <string.h>

#include "parsers.h"

/* As a server would set them; each costs a comparison. */
static const swl_limits limits = {
    .size = sizeof limits,
    .max_message_size = 16 << 20,
    .max_fragments = 1024,
    .max_controls = 100,
};

static swl_receiver receiver;
static uint8_t *input;

static void take_event(int kind, const swl_event *event, struct tally *tally) {
  if (kind != SWL_EVENT_MESSAGE) fail("swiftlet: not a message");
  tally->messages++;
  tally_payload(tally, event->data, event->size);
}

static int open_receiver(const struct frames *frames) {
  input = malloc(frames->size);
  swl_receiver_init(&receiver, SWL_ROLE_SERVER, false, &limits);
  return input ? 0 : -1;
}

static void run_copy(const struct frames *frames, struct tally *tally) {
  memcpy(input, frames->bytes, frames->size);
  tally->messages += frames->count;
}

static void run_receiver(const struct frames *frames, struct tally *tally) {
  memcpy(input, frames->bytes, frames->size);
  uint8_t *at = input;
  size_t left = frames->size, consumed;
  swl_event event;
  int kind;
  while ((kind = swl_receiver_read(&receiver, at, left, &consumed, &event)) > 0) {
    take_event(kind, &event, tally);
    at += consumed;
    left -= consumed;
  }
  if (kind < 0) fail("swl_receiver: the frames were refused");
}

static swl_conn *conn;

static int open_conn(const struct frames *frames) {
  const swl_conn_options options = {.size = sizeof options, .limits = &limits};
  if (open_receiver(frames) != 0) return -1;
  return swl_conn_new(&conn, &options);
}

static void run_conn(const struct frames *frames, struct tally *tally) {
  memcpy(input, frames->bytes, frames->size);
  uint8_t *at = input;
  size_t left = frames->size, consumed;
  swl_event event;
  int kind;
  while ((kind = swl_conn_receive(conn, at, left, &consumed, &event)) > 0) {
    take_event(kind, &event, tally);
    at += consumed;
    left -= consumed;
  }
  if (kind < 0) fail("swl_conn: the frames were refused");
}

const struct parser copy_only = {"memcpy", open_receiver, run_copy};
const struct parser swiftlet_receiver = {"swl_receiver", open_receiver, run_receiver};
const struct parser swiftlet_conn = {"swl_conn", open_conn, run_conn};
