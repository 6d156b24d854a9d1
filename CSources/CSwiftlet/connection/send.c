/*
 * The sending half of a connection: frames into the output.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "conn.h"

/* Pongs are not piled up behind more output than this, whatever the limit. */
#define PONG_QUEUE 65536

/* RSV1, the mark of a compressed message (RFC 7692 §6), as in swl_frame. */
#define RESERVED_COMPRESSED 4

/* A frame without payload and length; a client's with a fresh key (§5.3). */
static int frame_begin(swl_conn *conn, unsigned opcode, bool fin, swl_frame *frame) {
  *frame = (swl_frame){.opcode = (uint8_t)opcode, .fin = fin};
  if (conn->role == SWL_ROLE_SERVER) return SWL_OK;
  frame->masked = true;
  return swl_random_fill(conn->random, &frame->mask, sizeof frame->mask);
}

/* Writes header and payload, masked if the frame is; returns the bytes of both. */
static size_t frame_write_all(uint8_t *out, swl_frame *frame, const void *data, size_t size) {
  frame->length = size;
  size_t header = swl_frame_write(out, frame);
  if (frame->masked)
    swl_mask_copy(out + header, data, size, frame->mask);
  else if (size)
    memcpy(out + header, data, size);
  return header + size;
}

/* Room for `extra` and `size` bytes, and for a close frame behind them. */
static uint8_t *output_reserve(swl_conn *conn, size_t extra, size_t size) {
  extra += SWL_CLOSE_ROOM;
  return size <= SIZE_MAX - extra ? swl_buffer_reserve(&conn->output, extra + size) : NULL;
}

static int queue_plain(swl_conn *conn, swl_frame *frame, const void *data, size_t size) {
  uint8_t *out = output_reserve(conn, SWL_FRAME_HEADER_MAX, size);
  if (!out) return SWL_ERROR_MEMORY;
  conn->output.end += frame_write_all(out, frame, data, size);
  return SWL_OK;
}

/* Compresses the next piece of a message behind the output and moves the output's end there. */
static int deflate_to_output(swl_conn *conn, const uint8_t *data, size_t size, bool last) {
  swl_buffer *output = &conn->output;
  for (;;) {
    swl_progress progress;
    if (!output_reserve(conn, 0, swl_deflate_bound(size))) return SWL_ERROR_MEMORY;
    int result = swl_deflate(conn->deflater, data, size, last, output->bytes + output->end,
                             output->capacity - output->end - SWL_CLOSE_ROOM, &progress);
    if (result < 0) return result;
    output->end += progress.written;
    if (result == 1) return SWL_OK;
    if (progress.consumed) data += progress.consumed; /* which may be NULL */
    size -= progress.consumed;
  }
}

static int queue_deflated(swl_conn *conn, swl_frame *frame, const void *data, size_t size) {
  swl_buffer *output = &conn->output;
  size_t before = swl_buffer_size(output);
  if (!output_reserve(conn, SWL_FRAME_HEADER_MAX, swl_deflate_bound(size))) return SWL_ERROR_MEMORY;
  /* The header's size follows from what the payload becomes, which so begins too far behind. */
  output->end += SWL_FRAME_HEADER_MAX;
  int error = deflate_to_output(conn, data, size, frame->fin);
  uint8_t *out = output->bytes + output->start + before;
  size_t deflated = swl_buffer_size(output) - before - SWL_FRAME_HEADER_MAX;
  output->end = output->start + before;
  if (error) {
    swl_deflater_reset(conn->deflater);
    /* The beginning of the message is out, and its end cannot be made any more. */
    if (conn->sending) swl_conn_close(conn, 1011, NULL, 0);
    return error;
  }
  frame->length = deflated;
  size_t header = swl_frame_write(out, frame);
  memmove(out + header, out + SWL_FRAME_HEADER_MAX, deflated);
  if (frame->masked) swl_mask(out + header, deflated, frame->mask);
  output->end += header + deflated;
  return SWL_OK;
}

static bool output_has_room(const swl_conn *conn, size_t limit) {
  return limit == 0 || swl_buffer_size(&conn->output) <= limit;
}

int swl_conn_send_fragment(swl_conn *conn, swl_opcode opcode, const void *data, size_t size,
                           bool fin) {
  bool first = !conn->sending;
  if ((opcode != SWL_OPCODE_TEXT && opcode != SWL_OPCODE_BINARY) || (size && !data))
    return SWL_ERROR_ARGUMENT;
  if (conn->state != SWL_STATE_OPEN) return SWL_ERROR_STATE;
  if (!first && opcode != (swl_opcode)conn->sending) return SWL_ERROR_ARGUMENT;
  if (!output_has_room(conn, conn->max_queue)) return SWL_ERROR_QUEUE;

  swl_frame frame;
  int error = frame_begin(conn, first ? opcode : SWL_OPCODE_CONTINUATION, fin, &frame);
  if (error) return error;
  bool small = fin && size < conn->threshold;
  bool compressed = first ? conn->deflater && !small : conn->sending_compressed;
  if (compressed && first) frame.reserved = RESERVED_COMPRESSED;
  error =
      compressed ? queue_deflated(conn, &frame, data, size) : queue_plain(conn, &frame, data, size);
  if (error) return error;
  conn->sending = fin ? 0 : (uint8_t)opcode;
  conn->sending_compressed = compressed;
  return SWL_OK;
}

int swl_conn_send(swl_conn *conn, swl_opcode opcode, const void *data, size_t size) {
  if (conn->sending) return SWL_ERROR_STATE;
  return swl_conn_send_fragment(conn, opcode, data, size, true);
}

static int send_control(swl_conn *conn, swl_opcode opcode, const void *data, size_t size) {
  if (size > SWL_CONTROL_PAYLOAD_MAX || (size && !data)) return SWL_ERROR_ARGUMENT;
  if (conn->state != SWL_STATE_OPEN) return SWL_ERROR_STATE;
  if (!output_has_room(conn, conn->max_queue)) return SWL_ERROR_QUEUE;
  swl_frame frame;
  int error = frame_begin(conn, opcode, true, &frame);
  return error ? error : queue_plain(conn, &frame, data, size);
}

int swl_conn_ping(swl_conn *conn, const void *data, size_t size) {
  return send_control(conn, SWL_OPCODE_PING, data, size);
}

int swl_conn_pong(swl_conn *conn, const void *data, size_t size) {
  return send_control(conn, SWL_OPCODE_PONG, data, size);
}

int swl_conn_answer_ping(swl_conn *conn, const void *data, size_t size) {
  swl_frame frame;
  int error = frame_begin(conn, SWL_OPCODE_PONG, true, &frame);
  if (error) return error;
  conn->pong_size = (uint8_t)frame_write_all(conn->pong, &frame, data, size);
  swl_conn_flush_pong(conn);
  return SWL_OK;
}

void swl_conn_flush_pong(swl_conn *conn) {
  size_t limit = conn->max_queue && conn->max_queue < PONG_QUEUE ? conn->max_queue : PONG_QUEUE;
  if (!conn->pong_size || conn->state != SWL_STATE_OPEN || !output_has_room(conn, limit)) return;
  uint8_t *out = swl_buffer_reserve(&conn->output, conn->pong_size + SWL_CLOSE_ROOM);
  /* Without memory it waits on: an empty output, at the latest, has room for it. */
  if (!out) return;
  memcpy(out, conn->pong, conn->pong_size);
  conn->output.end += conn->pong_size;
  conn->pong_size = 0;
}

int swl_conn_queue_close(swl_conn *conn, uint16_t code, const void *reason, size_t size) {
  uint8_t payload[SWL_CONTROL_PAYLOAD_MAX] = {(uint8_t)(code >> 8), (uint8_t)code};
  if (size) memcpy(payload + 2, reason, size);
  size_t payload_size = code ? 2 + size : 0;
  swl_frame frame;
  int error = frame_begin(conn, SWL_OPCODE_CLOSE, true, &frame);
  if (error) return error;
  uint8_t *out = swl_buffer_reserve(&conn->output, SWL_CLOSE_ROOM + size);
  if (!out) return SWL_ERROR_MEMORY;
  conn->output.end += frame_write_all(out, &frame, payload, payload_size);
  return SWL_OK;
}

int swl_conn_close(swl_conn *conn, uint16_t code, const void *reason, size_t size) {
  if (code ? !swl_close_code_valid(code) : size) return SWL_ERROR_ARGUMENT;
  if (size > SWL_CONTROL_PAYLOAD_MAX - 2 || (size && !reason) || !swl_utf8_valid(reason, size))
    return SWL_ERROR_ARGUMENT;
  if (conn->state != SWL_STATE_OPEN) return SWL_ERROR_STATE;
  int error = swl_conn_queue_close(conn, code, reason, size);
  if (!error) conn->state = SWL_STATE_CLOSING;
  return error;
}
