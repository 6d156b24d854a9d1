/*
 * libwslay by both its interfaces: wslay_event_recv(), which assembles messages, and the one below
 * it, wslay_frame_recv(), which hands on pieces of frames.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <wslay/wslay.h>

#include "parsers.h"

/* Where the callbacks read on, and whom they tell. */
static struct source {
  const uint8_t *at, *end;
  struct tally *tally;
} source;

static size_t copy_out(uint8_t *out, size_t size) {
  size_t left = (size_t)(source.end - source.at);
  if (size > left) size = left;
  memcpy(out, source.at, size);
  source.at += size;
  return size;
}

static ssize_t receive_event(wslay_event_context_ptr context, uint8_t *out, size_t size, int flags,
                             void *user) {
  (void)flags, (void)user;
  size_t copied = copy_out(out, size);
  if (copied) return (ssize_t)copied;
  wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
  return -1;
}

static void take_message(wslay_event_context_ptr context,
                         const struct wslay_event_on_msg_recv_arg *message, void *user) {
  (void)context, (void)user;
  source.tally->messages++;
  tally_payload(source.tally, message->msg, message->msg_length);
}

static wslay_event_context_ptr events;

static int open_event(const struct frames *frames) {
  (void)frames;
  const struct wslay_event_callbacks callbacks = {
      .recv_callback = receive_event,
      .on_msg_recv_callback = take_message,
  };
  return wslay_event_context_server_init(&events, &callbacks, NULL);
}

static void run_event(const struct frames *frames, struct tally *tally) {
  source = (struct source){frames->bytes, frames->bytes + frames->size, tally};
  if (wslay_event_recv(events) != 0) fail("wslay: the frames were refused");
}

static ssize_t receive_frame(uint8_t *out, size_t size, int flags, void *user) {
  (void)flags, (void)user;
  size_t copied = copy_out(out, size);
  return copied ? (ssize_t)copied : -1;
}

static wslay_frame_context_ptr context;

static int open_frame(const struct frames *frames) {
  (void)frames;
  const struct wslay_frame_callbacks callbacks = {.recv_callback = receive_frame};
  return wslay_frame_context_init(&context, &callbacks, NULL);
}

static void run_frame(const struct frames *frames, struct tally *tally) {
  source = (struct source){frames->bytes, frames->bytes + frames->size, tally};
  uint64_t taken = 0; /* of the frame being read */
  struct wslay_frame_iocb frame;
  ssize_t size;
  while ((size = wslay_frame_recv(context, &frame)) >= 0) {
    tally_payload(tally, frame.data, frame.data_length);
    taken += frame.data_length;
    if (taken != frame.payload_length) continue;
    tally->messages++;
    taken = 0;
  }
  if (size != WSLAY_ERR_WANT_READ) fail("wslay: the frames were refused");
}

const struct parser wslay_event = {"wslay_event", open_event, run_event};
const struct parser wslay_frame = {"wslay_frame", open_frame, run_frame};
