/*
 * The receiving half of a connection: events of swl_receiver become messages, pings and close
 * frames are answered.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "conn.h"

/* Room that inflating asks for at least; also the largest piece in which a message is streamed. */
#define INFLATED_CHUNK 16384

/* How many bytes a frame header has, as far as `size` bytes of it tell, with the payload if it is
 * a control frame's, which comes whole. */
static size_t header_end(const uint8_t *header, size_t size) {
  if (size < 2) return 2;
  unsigned length = header[1] & 0x7Fu;
  size_t end = 2u + (length == 127 ? 8 : length == 126 ? 2 : 0) + (header[1] & 0x80 ? 4 : 0);
  return header[0] & 0x08 ? end + length : end;
}

/*
 * The next event of the receiver. Unlike it this keeps the start of a header itself, so that all
 * input is consumed when there is no event. Only what completes the header is copied to it: payload
 * stays where it is.
 */
static int next_event(swl_conn *conn, uint8_t *data, size_t size, size_t *consumed,
                      swl_event *event) {
  size_t used;
  *consumed = 0;
  while (conn->header_size) {
    size_t missing = header_end(conn->header, conn->header_size) - conn->header_size;
    size_t more = missing < size - *consumed ? missing : size - *consumed;
    if (more == 0) return SWL_EVENT_NONE;
    memcpy(conn->header + conn->header_size, data + *consumed, more);
    conn->header_size = (uint8_t)(conn->header_size + more);
    *consumed += more;
    int kind = swl_receiver_read(&conn->receiver, conn->header, conn->header_size, &used, event);
    if (used) conn->header_size = 0;
    if (kind != SWL_EVENT_NONE) return kind;
  }
  data += *consumed;
  size -= *consumed;
  int kind = swl_receiver_read(&conn->receiver, data, size, &used, event);
  *consumed += used;
  if (kind == SWL_EVENT_NONE && used < size) {
    conn->header_size = (uint8_t)(size - used);
    memcpy(conn->header, data + used, size - used);
    *consumed += size - used;
  }
  return kind;
}

/* Ends the connection for an error, a breach by the peer or a failure here. */
static int conn_fail(swl_conn *conn, int error) {
  /* Without random bytes a client cannot send even this. */
  if (conn->state == SWL_STATE_OPEN)
    (void)swl_conn_queue_close(conn, swl_error_close_code(error), NULL, 0);
  conn->state = SWL_STATE_CLOSED;
  return error;
}

static int take_close(swl_conn *conn, const swl_event *event) {
  if (conn->state == SWL_STATE_OPEN) {
    uint16_t code = event->close_code == 1005 ? 0 : event->close_code;
    int error = swl_conn_queue_close(conn, code, NULL, 0);
    if (error) return error;
  }
  conn->state = SWL_STATE_CLOSED;
  return SWL_EVENT_CLOSE;
}

/* Whether the payload that was read last completes its message. */
static bool message_ends(swl_conn *conn) {
  swl_event end;
  size_t consumed;
  return swl_receiver_read(&conn->receiver, NULL, 0, &consumed, &end) == SWL_EVENT_END;
}

static int hand_out(swl_conn *conn, int kind, uint8_t *data, size_t size, swl_event *event) {
  *event = (swl_event){.data = data, .size = size, .opcode = conn->receiver.opcode};
  return kind;
}

/* The next piece of a message that is assembled. */
static int assemble(swl_conn *conn, swl_event *event) {
  swl_buffer *message = &conn->message;
  bool last = message_ends(conn);
  /* Only its header was cut off. */
  if (last && message->end == 0) return SWL_EVENT_MESSAGE;
  uint8_t *room = swl_buffer_reserve(message, event->size);
  if (!room) return SWL_ERROR_MEMORY;
  memcpy(room, event->data, event->size);
  message->end += event->size;
  return last ? hand_out(conn, SWL_EVENT_MESSAGE, message->bytes, message->end, event)
              : SWL_EVENT_NONE;
}

/* Leaves the last `size` bytes that were consumed to inflate_unread(). */
static void begin_inflating(swl_conn *conn, size_t size, bool last, size_t *consumed) {
  *consumed -= size;
  conn->unread = size;
  conn->inflating = last ? SWL_INFLATING_LAST : SWL_INFLATING_PIECE;
}

/* One step of inflating, behind what the message buffer holds. 1: all that is unread is inflated;
 * 0: there is more to do; or an error. */
static int inflate_step(swl_conn *conn, const uint8_t *data, size_t size, size_t *consumed) {
  swl_buffer *message = &conn->message;
  if (!swl_buffer_reserve(message, message->end ? 1 : INFLATED_CHUNK)) return SWL_ERROR_MEMORY;
  size_t piece = conn->unread < size ? conn->unread : size;
  bool last = conn->inflating == SWL_INFLATING_LAST && piece == conn->unread;
  uint8_t *out = message->bytes + message->end;
  swl_progress progress = {0};
  int result = swl_inflate(conn->inflater, data, piece, last, out, message->capacity - message->end,
                           &progress);
  *consumed += progress.consumed;
  conn->unread -= progress.consumed;
  message->end += progress.written;
  /* First, so that what is wrong with a text does not depend on how it is cut. */
  if (conn->receiver.opcode == SWL_OPCODE_TEXT) {
    conn->utf8 = swl_utf8_update(conn->utf8, out, progress.written);
    if (conn->utf8 == SWL_UTF8_INVALID) return SWL_ERROR_UTF8;
  }
  if (result != 1 || conn->unread) return result < 0 ? result : 0;
  return last && conn->utf8 != SWL_UTF8_START ? SWL_ERROR_UTF8 : 1;
}

/*
 * Inflates what is unread: to the end, or with `streaming` a chunk. Returns what there is to
 * report, NONE meaning: nothing yet.
 */
static int inflate_unread(swl_conn *conn, const uint8_t *data, size_t size, size_t *consumed,
                          swl_event *event) {
  swl_buffer *message = &conn->message;
  while (conn->inflating == SWL_INFLATING_PIECE || conn->inflating == SWL_INFLATING_LAST) {
    if (conn->streaming) message->end = 0;
    int result = inflate_step(conn, data + *consumed, size - *consumed, consumed);
    if (result < 0) return result;
    if (result == 1)
      conn->inflating =
          conn->inflating == SWL_INFLATING_LAST ? SWL_INFLATING_END : SWL_INFLATING_NOTHING;
    if (conn->streaming && message->end)
      return hand_out(conn, SWL_EVENT_DATA, message->bytes, message->end, event);
    /* The caller gave back less than was left. */
    if (conn->unread && *consumed == size) return SWL_EVENT_NONE;
  }
  if (conn->inflating == SWL_INFLATING_NOTHING) return SWL_EVENT_NONE;
  conn->inflating = SWL_INFLATING_NOTHING;
  return conn->streaming ? hand_out(conn, SWL_EVENT_END, NULL, 0, event)
                         : hand_out(conn, SWL_EVENT_MESSAGE, message->bytes, message->end, event);
}

/* Takes an event of the receiver and returns what there is to report, NONE meaning: nothing. */
static int take_event(swl_conn *conn, int kind, size_t *consumed, swl_event *event) {
  bool compressed = event->compressed;
  event->compressed = false;
  switch (kind) {
    case SWL_EVENT_MESSAGE:
      if (!compressed) return SWL_EVENT_MESSAGE;
      conn->utf8 = SWL_UTF8_START;
      begin_inflating(conn, event->size, true, consumed);
      event->frame_size = event->size;
      event->data = NULL;
      event->size = 0;
      return conn->streaming ? SWL_EVENT_BEGIN : SWL_EVENT_NONE;
    case SWL_EVENT_BEGIN:
      conn->utf8 = SWL_UTF8_START;
      return conn->streaming ? SWL_EVENT_BEGIN : SWL_EVENT_NONE;
    case SWL_EVENT_DATA:
      if (compressed) {
        begin_inflating(conn, event->size, message_ends(conn), consumed);
        return SWL_EVENT_NONE;
      }
      return conn->streaming ? SWL_EVENT_DATA : assemble(conn, event);
    case SWL_EVENT_END:
      if (compressed) {
        begin_inflating(conn, 0, true, consumed);
        return SWL_EVENT_NONE;
      }
      return conn->streaming
                 ? SWL_EVENT_END
                 : hand_out(conn, SWL_EVENT_MESSAGE, conn->message.bytes, conn->message.end, event);
    case SWL_EVENT_PING: {
      int error = swl_conn_answer_ping(conn, event->data, event->size);
      return error ? error : SWL_EVENT_PING;
    }
    case SWL_EVENT_CLOSE:
      return take_close(conn, event);
    default:
      return kind;
  }
}

/* After our close frame: passes over what the peer sent before its own. */
static int receive_closing(swl_conn *conn, uint8_t *data, size_t size, size_t *consumed,
                           swl_event *event) {
  size_t skipped = conn->unread < size ? conn->unread : size;
  conn->inflating = SWL_INFLATING_NOTHING;
  conn->unread -= skipped;
  *consumed = skipped;
  for (;;) {
    size_t used;
    int kind = next_event(conn, data + *consumed, size - *consumed, &used, event);
    *consumed += used;
    if (kind == SWL_EVENT_CLOSE) return take_close(conn, event);
    if (kind <= 0) return kind;
  }
}

static int receive_open(swl_conn *conn, uint8_t *data, size_t size, size_t *consumed,
                        swl_event *event) {
  /* What was handed out last. */
  if (conn->message.end && !swl_receiver_in_message(&conn->receiver))
    swl_buffer_drop(&conn->message, conn->message.end);
  for (;;) {
    int result;
    if (conn->inflating) {
      result = inflate_unread(conn, data, size, consumed, event);
      if (result == SWL_EVENT_NONE && conn->inflating) return SWL_EVENT_NONE;
    } else {
      size_t used;
      int kind = next_event(conn, data + *consumed, size - *consumed, &used, event);
      *consumed += used;
      if (kind <= 0) return kind;
      result = take_event(conn, kind, consumed, event);
    }
    if (result != SWL_EVENT_NONE) return result;
  }
}

int swl_conn_receive(swl_conn *conn, void *data, size_t size, size_t *consumed, swl_event *event) {
  int result = SWL_EVENT_NONE;
  if (size == 0) data = conn->header; /* no byte of it, but not NULL */
  *consumed = 0;
  if (conn->state == SWL_STATE_OPEN)
    result = receive_open(conn, data, size, consumed, event);
  else if (conn->state == SWL_STATE_CLOSING)
    result = receive_closing(conn, data, size, consumed, event);
  if (result < 0) result = conn_fail(conn, result);
  if (result <= 0) {
    *event = (swl_event){0};
    *consumed = size;
  }
  return result;
}
