/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <stdlib.h>

void bytes_add(bytes *bytes, const void *data, size_t size) {
  if (size == 0) return;
  if (size > bytes->capacity - bytes->size) {
    bytes->capacity = 2 * (bytes->size + size);
    bytes->data = realloc(bytes->data, bytes->capacity);
    CHECK(bytes->data != NULL);
  }
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
}

void bytes_free(bytes *bytes) {
  free(bytes->data);
  *bytes = (struct bytes){0};
}

void bytes_add_frame(bytes *bytes, int first, bool masked, const void *payload, size_t size) {
  swl_frame frame = {.fin = first & 0x80,
                     .reserved = (uint8_t)(first >> 4 & 7),
                     .opcode = (uint8_t)(first & 15),
                     .masked = masked,
                     .length = size,
                     .mask = masked ? 0x8F3A51C6u * (uint32_t)(size + 1) : 0};
  uint8_t header[SWL_FRAME_HEADER_MAX];
  bytes_add(bytes, header, swl_frame_write(header, &frame));
  size_t at = bytes->size;
  bytes_add(bytes, payload, size);
  if (masked && size) swl_mask(bytes->data + at, size, frame.mask);
}

/* A record: its kind, a number that belongs to it, a size and that many bytes. */
static void record(trace *trace, char kind, int number, const void *data, size_t size) {
  bytes_add(&trace->log, &kind, 1);
  bytes_add(&trace->log, &number, sizeof number);
  bytes_add(&trace->log, &size, sizeof size);
  bytes_add(&trace->log, data, size);
}

static bool inside(const swl_event *event, const uint8_t *data, size_t size) {
  return event->size == 0 || (event->data >= data && event->data + event->size <= data + size);
}

static void take(trace *trace, const swl_receiver *receiver, int kind, const swl_event *event,
                 bool *in_message) {
  bool data_event = kind == SWL_EVENT_MESSAGE || kind == SWL_EVENT_BEGIN ||
                    kind == SWL_EVENT_DATA || kind == SWL_EVENT_END;
  CHECK(data_event == (event->opcode == SWL_OPCODE_TEXT || event->opcode == SWL_OPCODE_BINARY));
  CHECK((event->close_code != 0) == (kind == SWL_EVENT_CLOSE));
  switch (kind) {
    case SWL_EVENT_MESSAGE:
      CHECK(!*in_message);
      record(trace, 'm', event->opcode, event->data, event->size);
      trace->messages++;
      break;
    case SWL_EVENT_BEGIN:
      CHECK(!*in_message && event->size == 0);
      trace->message.size = 0;
      *in_message = true;
      break;
    case SWL_EVENT_DATA:
      CHECK(*in_message && event->size > 0);
      bytes_add(&trace->message, event->data, event->size);
      break;
    case SWL_EVENT_END:
      CHECK(*in_message && event->size == 0);
      record(trace, 'm', event->opcode, trace->message.data, trace->message.size);
      trace->messages++;
      *in_message = false;
      break;
    case SWL_EVENT_PING:
      record(trace, 'i', 0, event->data, event->size);
      trace->pings++;
      break;
    case SWL_EVENT_PONG:
      record(trace, 'o', 0, event->data, event->size);
      trace->pongs++;
      break;
    case SWL_EVENT_CLOSE:
      record(trace, 'c', event->close_code, event->data, event->size);
      trace->close_code = event->close_code;
      break;
    default:
      CHECK(kind < 0);
      record(trace, 'e', kind, NULL, 0);
      trace->error = kind;
  }
  if (kind > 0 && kind != SWL_EVENT_CLOSE) CHECK(swl_receiver_in_message(receiver) == *in_message);
  if (!*in_message) CHECK(swl_receiver_remaining(receiver) == 0);
}

trace trace_stream(swl_role role, const swl_limits *limits, const uint8_t *input, size_t size,
                   const size_t *steps, size_t step_count) {
  trace trace = {0};
  bytes unread = {0};
  swl_receiver receiver;
  bool in_message = false;
  swl_receiver_init(&receiver, role, false, limits);
  for (size_t at = 0, step = 0; at < size; step++) {
    size_t chunk = steps[step % step_count];
    if (chunk > size - at) chunk = size - at;
    /* Memory of just this size, so that the sanitizer sees a byte too much. */
    size_t given = unread.size + chunk;
    uint8_t *buffer = malloc(given ? given : 1);
    CHECK(buffer != NULL);
    if (unread.size) memcpy(buffer, unread.data, unread.size);
    memcpy(buffer + unread.size, input + at, chunk);
    at += chunk;

    size_t done = 0;
    for (;;) {
      swl_event event;
      size_t consumed;
      int kind = swl_receiver_read(&receiver, buffer + done, given - done, &consumed, &event);
      CHECK(consumed <= given - done);
      if (kind == SWL_EVENT_NONE) {
        done += consumed;
        break;
      }
      bool ended = trace.error || trace.close_code;
      CHECK(!ended && inside(&event, buffer + done, consumed));
      take(&trace, &receiver, kind, &event, &in_message);
      if (kind < 0) CHECK(consumed == given - done);
      done += consumed;
    }
    CHECK(given - done < SWL_FRAME_HEADER_MAX + SWL_CONTROL_PAYLOAD_MAX);
    if (trace.error || trace.close_code) CHECK(done == given);
    unread.size = 0;
    bytes_add(&unread, buffer + done, given - done);
    free(buffer);
  }
  bytes_free(&unread);
  return trace;
}

bool trace_equal(const trace *a, const trace *b) {
  return a->log.size == b->log.size &&
         (a->log.size == 0 || memcmp(a->log.data, b->log.data, a->log.size) == 0);
}

void trace_free(trace *trace) {
  bytes_free(&trace->log);
  bytes_free(&trace->message);
}
