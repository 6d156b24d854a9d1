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

void bytes_add_record(bytes *bytes, char kind, int number, const void *data, size_t size) {
  bytes_add(bytes, &kind, 1);
  bytes_add(bytes, &number, sizeof number);
  bytes_add(bytes, &size, sizeof size);
  bytes_add(bytes, data, size);
}

static bool inside(const swl_event *event, const uint8_t *data, size_t size) {
  return event->size == 0 || (event->data >= data && event->data + event->size <= data + size);
}

static void add_message(trace *trace, const swl_event *event, const void *data, size_t size) {
  bytes_add_record(&trace->log, event->compressed ? 'z' : 'm', event->opcode, data, size);
  trace->messages++;
}

/* Notes an event of a receiver or a connection, and checks its fields. */
static void take(trace *trace, int kind, const swl_event *event) {
  bool data_event = kind == SWL_EVENT_MESSAGE || kind == SWL_EVENT_BEGIN ||
                    kind == SWL_EVENT_DATA || kind == SWL_EVENT_END;
  CHECK(data_event == (event->opcode == SWL_OPCODE_TEXT || event->opcode == SWL_OPCODE_BINARY));
  CHECK((event->close_code != 0) == (kind == SWL_EVENT_CLOSE));
  CHECK(kind == SWL_EVENT_BEGIN || event->frame_size == 0);
  CHECK(data_event || !event->compressed);
  CHECK(!trace->error && !trace->close_code);
  if (kind == SWL_EVENT_DATA || kind == SWL_EVENT_END) {
    CHECK(trace->in_message);
    CHECK(event->opcode == trace->opcode && event->compressed == trace->compressed);
  }
  switch (kind) {
    case SWL_EVENT_MESSAGE:
      CHECK(!trace->in_message);
      add_message(trace, event, event->data, event->size);
      break;
    case SWL_EVENT_BEGIN:
      CHECK(!trace->in_message && event->size == 0);
      trace->message.size = 0;
      trace->opcode = event->opcode;
      trace->compressed = event->compressed;
      trace->in_message = true;
      break;
    case SWL_EVENT_DATA:
      CHECK(event->size > 0);
      bytes_add(&trace->message, event->data, event->size);
      break;
    case SWL_EVENT_END:
      CHECK(event->size == 0);
      add_message(trace, event, trace->message.data, trace->message.size);
      trace->in_message = false;
      break;
    case SWL_EVENT_PING:
      bytes_add_record(&trace->log, 'i', 0, event->data, event->size);
      trace->pings++;
      break;
    case SWL_EVENT_PONG:
      bytes_add_record(&trace->log, 'o', 0, event->data, event->size);
      trace->pongs++;
      break;
    case SWL_EVENT_CLOSE:
      bytes_add_record(&trace->log, 'c', event->close_code, event->data, event->size);
      trace->close_code = event->close_code;
      break;
    default:
      CHECK(kind < 0 && event->size == 0);
      bytes_add_record(&trace->log, 'e', kind, NULL, 0);
      trace->error = kind;
  }
}

static void check_receiver(const trace *trace, const swl_receiver *receiver, int kind) {
  if (kind > 0 && kind != SWL_EVENT_CLOSE)
    CHECK(swl_receiver_in_message(receiver) == trace->in_message);
  if (!trace->in_message) CHECK(swl_receiver_remaining(receiver) == 0);
}

trace trace_stream(swl_role role, bool compression, const swl_limits *limits, const uint8_t *input,
                   size_t size, const size_t *steps, size_t step_count) {
  trace trace = {0};
  bytes unread = {0};
  swl_receiver receiver;
  swl_receiver_init(&receiver, role, compression, limits);
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
      CHECK(inside(&event, buffer + done, consumed));
      take(&trace, kind, &event);
      check_receiver(&trace, &receiver, kind);
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

void trace_feed(trace *trace, swl_conn *conn, const void *data, size_t size) {
  uint8_t *buffer = malloc(size ? size : 1);
  CHECK(buffer != NULL);
  if (size) memcpy(buffer, data, size);
  for (size_t done = 0;;) {
    swl_event event;
    size_t consumed;
    int kind = swl_conn_receive(conn, buffer + done, size - done, &consumed, &event);
    CHECK(consumed <= size - done);
    done += consumed;
    if (kind == SWL_EVENT_NONE) {
      CHECK(done == size && event.size == 0);
      break;
    }
    CHECK(!event.compressed);
    take(trace, kind, &event);
    size_t taken = trace->messages + trace->pings + trace->pongs;
    if (taken && taken == trace->closes_after && swl_conn_state(conn) == SWL_STATE_OPEN)
      CHECK(swl_conn_close(conn, 1000, NULL, 0) == SWL_OK);
    if (trace->drains) trace_output(trace, conn);
    if (kind < 0 || kind == SWL_EVENT_CLOSE) CHECK(swl_conn_state(conn) == SWL_STATE_CLOSED);
  }
  free(buffer);
}

void trace_output(trace *trace, swl_conn *conn) {
  size_t size;
  const uint8_t *output = swl_conn_output(conn, &size);
  for (size_t at = 0; at < size;) {
    swl_frame frame;
    int header = swl_frame_parse(output + at, size - at, &frame);
    CHECK(header > 0 && frame.length <= size - at - (size_t)header);
    bytes payload = {0};
    bytes_add(&payload, output + at + header, (size_t)frame.length);
    if (payload.size) swl_mask(payload.data, payload.size, frame.mask);
    bytes_add_record(&trace->output, frame.masked ? 'M' : 'U', output[at], payload.data,
                     payload.size);
    at += (size_t)header + payload.size;
    bytes_free(&payload);
  }
  swl_conn_sent(conn, size);
}

trace trace_conn(const swl_conn_options *options, trace trace, const uint8_t *input, size_t size,
                 const size_t *steps, size_t step_count) {
  swl_conn *conn;
  CHECK(swl_conn_new(&conn, options) == SWL_OK);
  for (size_t at = 0, step = 0; at < size; step++) {
    size_t chunk = steps[step % step_count];
    if (chunk > size - at) chunk = size - at;
    trace_feed(&trace, conn, input + at, chunk);
    at += chunk;
  }
  /* What waits for room comes out once there is some. */
  for (int i = 0; i < 2; i++) trace_output(&trace, conn);
  swl_conn_free(conn);
  return trace;
}

static bool bytes_equal(const bytes *a, const bytes *b) {
  return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

bool trace_equal(const trace *a, const trace *b) {
  return bytes_equal(&a->log, &b->log) && bytes_equal(&a->output, &b->output);
}

void trace_free(trace *trace) {
  bytes_free(&trace->log);
  bytes_free(&trace->output);
  bytes_free(&trace->message);
}
