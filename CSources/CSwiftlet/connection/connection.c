/*
 * The receiving half of a connection, RFC 6455 §5 to §8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../frame/frame.h"
#include "../frame/mask.h"

/* swl_conn.state */
enum {
  STATE_IDLE,    /* at a frame header, no message begun */
  STATE_INSIDE,  /* at a frame header, in a message */
  STATE_PAYLOAD, /* `remaining` bytes of a data frame's payload follow */
  STATE_END,     /* the message is complete, END is to be reported */
  STATE_CLOSED,  /* after CLOSE or an error: input is ignored */
};

/* swl_conn.flags */
enum { FLAG_FIN = 1 /* the data frame being read is its message's last */ };

#define FIN 0x80
#define MASKED 0x80

void swl_conn_init(swl_conn *conn, swl_role role, const swl_conn_limits *limits) {
  *conn = (swl_conn){.limits = limits, .role = (uint8_t)role, .state = STATE_IDLE};
}

uint64_t swl_conn_remaining(const swl_conn *conn) {
  return conn->state == STATE_PAYLOAD ? conn->remaining : 0;
}

bool swl_conn_in_message(const swl_conn *conn) {
  return conn->state == STATE_INSIDE || conn->state == STATE_PAYLOAD || conn->state == STATE_END;
}

bool swl_close_code_valid(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

static bool is_control(uint8_t first) { return first & 0x08; }

static bool too_large(const swl_conn *conn, uint64_t message_size) {
  return conn->limits && conn->limits->max_message_size &&
         message_size > conn->limits->max_message_size;
}

/* What the first byte of a header shows to be wrong. */
static int check_first(const swl_conn *conn, uint8_t first) {
  if (first & 0x70) return SWL_ERROR_RESERVED_BITS;
  bool inside = conn->state == STATE_INSIDE;
  switch (first & 0x0F) {
    case SWL_OPCODE_TEXT:
    case SWL_OPCODE_BINARY:
      return inside ? SWL_ERROR_CONTINUATION : SWL_OK;
    case SWL_OPCODE_CONTINUATION:
      if (!inside) return SWL_ERROR_CONTINUATION;
      if (conn->limits && conn->limits->max_fragments &&
          conn->fragments >= conn->limits->max_fragments)
        return SWL_ERROR_FRAGMENTS;
      return SWL_OK;
    case SWL_OPCODE_CLOSE:
    case SWL_OPCODE_PING:
    case SWL_OPCODE_PONG:
      return first & FIN ? SWL_OK : SWL_ERROR_CONTROL_FRAGMENT;
    default:
      return SWL_ERROR_OPCODE;
  }
}

/* What the second byte, with the first, shows to be wrong. */
static int check_second(const swl_conn *conn, uint8_t first, uint8_t second) {
  bool masked = second & MASKED;
  if (masked != (conn->role == SWL_ROLE_SERVER)) return SWL_ERROR_MASK;
  unsigned length = second & 0x7Fu;
  if (is_control(first) && length > SWL_CONTROL_PAYLOAD_MAX) return SWL_ERROR_CONTROL_LENGTH;
  if ((first & 0x0F) == SWL_OPCODE_CLOSE && length == 1) return SWL_ERROR_CLOSE_PAYLOAD;
  return SWL_OK;
}

/* Unmasks the next bytes of the payload and, in a text, validates them. */
static int take_payload(swl_conn *conn, uint8_t *data, size_t size) {
  if (conn->opcode == SWL_OPCODE_TEXT) {
    conn->utf8 = conn->role == SWL_ROLE_SERVER
                     ? swl_utf8_unmask(conn->utf8, data, size, &conn->mask)
                     : swl_utf8_update(conn->utf8, data, size);
    if (conn->utf8 == SWL_UTF8_INVALID) return SWL_ERROR_UTF8;
  } else if (conn->role == SWL_ROLE_SERVER) {
    conn->mask = swl_mask(data, size, conn->mask);
  }
  conn->remaining -= size;
  if (conn->remaining) return SWL_OK;
  if (!(conn->flags & FLAG_FIN)) {
    conn->state = STATE_INSIDE;
    return SWL_OK;
  }
  conn->state = STATE_END;
  return conn->utf8 == SWL_UTF8_START ? SWL_OK : SWL_ERROR_UTF8;
}

static int receive_close(swl_conn *conn, uint8_t *payload, size_t size, swl_event *event) {
  event->close_code = 1005;
  if (size) {
    uint16_t code = (uint16_t)(payload[0] << 8 | payload[1]);
    if (!swl_close_code_valid(code)) return SWL_ERROR_CLOSE_CODE;
    if (!swl_utf8_valid(payload + 2, size - 2)) return SWL_ERROR_UTF8;
    event->close_code = code;
    event->data = payload + 2;
    event->size = size - 2;
  }
  conn->state = STATE_CLOSED;
  return SWL_EVENT_CLOSE;
}

/* A control frame, whole in the input. */
static int receive_control(swl_conn *conn, uint8_t opcode, uint8_t *payload, size_t size,
                           uint32_t mask, swl_event *event) {
  if (conn->role == SWL_ROLE_SERVER) swl_mask(payload, size, mask);
  if (opcode == SWL_OPCODE_CLOSE) return receive_close(conn, payload, size, event);
  event->data = payload;
  event->size = size;
  return opcode == SWL_OPCODE_PING ? SWL_EVENT_PING : SWL_EVENT_PONG;
}

/* Begins a message with its first frame, of which `size` bytes of payload are in the input. */
static int receive_first(swl_conn *conn, uint8_t *payload, size_t size, size_t *consumed,
                         swl_event *event) {
  event->opcode = conn->opcode;
  if (!(conn->flags & FLAG_FIN) || conn->remaining > size) {
    event->frame_size = conn->remaining;
    if (!conn->remaining) conn->state = STATE_INSIDE;
    return SWL_EVENT_BEGIN;
  }
  size = (size_t)conn->remaining;
  int error = take_payload(conn, payload, size);
  if (error) return error;
  conn->state = STATE_IDLE;
  *consumed += size;
  event->data = payload;
  event->size = size;
  return SWL_EVENT_MESSAGE;
}

/* NONE means here: no event yet, go on if anything was consumed. */
static int receive_header(swl_conn *conn, uint8_t *data, size_t size, size_t *consumed,
                          swl_event *event) {
  if (size == 0) return SWL_EVENT_NONE;
  int error = check_first(conn, data[0]);
  if (!error && size > 1) error = check_second(conn, data[0], data[1]);
  if (error) return error;

  uint64_t length;
  int length_end = swl_frame_length(data, size, &length);
  if (length_end <= 0) return length_end;
  bool control = is_control(data[0]), first = conn->state == STATE_IDLE;
  uint64_t message_size = first ? 0 : conn->message_size;
  if (!control && (length > UINT64_MAX - message_size || too_large(conn, message_size + length)))
    return SWL_ERROR_MESSAGE_SIZE;

  size_t header = (size_t)length_end;
  uint32_t mask = 0;
  if (data[1] & MASKED) {
    if (size < header + 4) return SWL_EVENT_NONE;
    memcpy(&mask, data + header, 4);
    header += 4;
  }
  if (control) {
    if (size - header < length) return SWL_EVENT_NONE;
    *consumed += header + (size_t)length;
    return receive_control(conn, data[0] & 0x0F, data + header, (size_t)length, mask, event);
  }

  *consumed += header;
  conn->remaining = length;
  conn->message_size = message_size + length;
  conn->mask = mask;
  conn->flags = data[0] & FIN ? FLAG_FIN : 0;
  conn->state = STATE_PAYLOAD;
  if (!first) {
    conn->fragments++;
    return length ? SWL_EVENT_NONE : take_payload(conn, data + header, 0);
  }
  conn->fragments = 1;
  conn->opcode = data[0] & 0x0F;
  return receive_first(conn, data + header, size - header, consumed, event);
}

/* One step of the machine, from the state it is in. */
static int advance(swl_conn *conn, uint8_t *data, size_t size, size_t *consumed, swl_event *event) {
  switch (conn->state) {
    case STATE_IDLE:
    case STATE_INSIDE:
      return receive_header(conn, data, size, consumed, event);
    case STATE_PAYLOAD: {
      if (size == 0) return SWL_EVENT_NONE;
      if (size > conn->remaining) size = (size_t)conn->remaining;
      int error = take_payload(conn, data, size);
      if (error) return error;
      *consumed += size;
      *event = (swl_event){.data = data, .size = size, .opcode = conn->opcode};
      return SWL_EVENT_DATA;
    }
    case STATE_END:
      conn->state = STATE_IDLE;
      event->opcode = conn->opcode;
      return SWL_EVENT_END;
    default:
      *consumed += size;
      return SWL_EVENT_NONE;
  }
}

enum { NOT_SMALL = 1000 };

/*
 * A whole message of at most 125 bytes, the common case, by a way of few branches. NOT_SMALL, with
 * nothing done, for any other input: right and wrong ones are then told apart by advance().
 */
static inline int receive_small(swl_conn *conn, uint8_t *data, size_t size, size_t *consumed,
                                swl_event *event) {
  if (conn->state != STATE_IDLE || size < 2) return NOT_SMALL;
  bool server = conn->role == SWL_ROLE_SERVER;
  unsigned opcode = data[0] ^ FIN, length = data[1] ^ (server ? MASKED : 0u);
  if (opcode - SWL_OPCODE_TEXT > SWL_OPCODE_BINARY - SWL_OPCODE_TEXT || length > 125)
    return NOT_SMALL;
  size_t header = server ? 6 : 2;
  if (size < header + length || too_large(conn, length)) return NOT_SMALL;

  uint8_t *payload = data + header;
  uint64_t any = SWL_BEYOND_ASCII;
  if (server) {
    uint32_t mask;
    memcpy(&mask, data + 2, 4);
    any = swl_mask_short(payload, payload, length, mask);
  }
  if (opcode == SWL_OPCODE_TEXT && any & SWL_BEYOND_ASCII && !swl_utf8_valid(payload, length))
    return SWL_ERROR_UTF8;
  *consumed = header + length;
  *event = (swl_event){.data = payload, .size = length, .opcode = (uint8_t)opcode};
  return SWL_EVENT_MESSAGE;
}

static int fail(swl_conn *conn, int error, size_t size, size_t *consumed, swl_event *event) {
  conn->state = STATE_CLOSED;
  *consumed = size;
  *event = (swl_event){0};
  return error;
}

int swl_conn_receive(swl_conn *conn, void *data, size_t size, size_t *consumed, swl_event *event) {
  uint8_t *bytes = data;
  int result = receive_small(conn, bytes, size, consumed, event);
  if (result == SWL_EVENT_MESSAGE) return result;
  if (result < 0) return fail(conn, result, size, consumed, event);
  *consumed = 0;
  *event = (swl_event){0};
  for (;;) {
    size_t before = *consumed;
    result = advance(conn, bytes ? bytes + before : bytes, size - before, consumed, event);
    if (result < 0) return fail(conn, result, size, consumed, event);
    if (result != SWL_EVENT_NONE) return result;
    if (*consumed == before) return SWL_EVENT_NONE;
  }
}
