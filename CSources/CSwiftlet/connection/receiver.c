/*
 * The receiving half of a connection, RFC 6455 §5 to §8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../frame/frame.h"
#include "../frame/mask.h"

/* swl_receiver.state */
enum {
  STATE_IDLE,    /* at a frame header, no message begun */
  STATE_INSIDE,  /* at a frame header, in a message */
  STATE_PAYLOAD, /* `remaining` bytes of a data frame's payload follow */
  STATE_END,     /* the message is complete, END is to be reported */
  STATE_CLOSED,  /* after CLOSE or an error: input is ignored */
};

/* swl_receiver.flags */
enum {
  FLAG_FIN = 1,         /* the data frame being read is its message's last */
  FLAG_COMPRESSED = 2,  /* the message being read is compressed */
  FLAG_COMPRESSION = 4, /* messages may be compressed */
};

#define FIN 0x80
#define COMPRESSED 0x40 /* RSV1, RFC 7692 §6 */
#define MASKED 0x80

void swl_receiver_init(swl_receiver *receiver, swl_role role, bool compression,
                       const swl_limits *limits) {
  *receiver = (swl_receiver){.limits = limits,
                             .role = (uint8_t)role,
                             .state = STATE_IDLE,
                             .flags = compression ? FLAG_COMPRESSION : 0};
}

void swl_receiver_tick(swl_receiver *receiver) { receiver->controls = 0; }

uint64_t swl_receiver_remaining(const swl_receiver *receiver) {
  return receiver->state == STATE_PAYLOAD ? receiver->remaining : 0;
}

bool swl_receiver_in_message(const swl_receiver *receiver) {
  return receiver->state == STATE_INSIDE || receiver->state == STATE_PAYLOAD ||
         receiver->state == STATE_END;
}

bool swl_close_code_valid(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

static bool is_control(uint8_t first) { return first & 0x08; }

/* SWL_OK, or which limit a data frame of `length` bytes breaks in a message that has
 * `message_size` before it. */
static int check_size(const swl_receiver *receiver, uint64_t message_size, uint64_t length) {
  if (length > UINT64_MAX - message_size) return SWL_ERROR_MESSAGE_SIZE;
  const swl_limits *limits = receiver->limits;
  if (!limits) return SWL_OK;
  if (limits->max_message_size && message_size + length > limits->max_message_size)
    return SWL_ERROR_MESSAGE_SIZE;
  if (limits->max_frame_size && length > limits->max_frame_size) return SWL_ERROR_FRAME_SIZE;
  return SWL_OK;
}

/* What the first byte of a header shows to be wrong. */
static int check_first(const swl_receiver *receiver, uint8_t first) {
  if (first & 0x70) {
    /* RSV1 on a message's first frame says that the message is compressed. */
    bool starts = (first & 0x0F) == SWL_OPCODE_TEXT || (first & 0x0F) == SWL_OPCODE_BINARY;
    if ((first & 0x70) != COMPRESSED || !starts || !(receiver->flags & FLAG_COMPRESSION))
      return SWL_ERROR_RESERVED_BITS;
  }
  bool inside = receiver->state == STATE_INSIDE;
  switch (first & 0x0F) {
    case SWL_OPCODE_TEXT:
    case SWL_OPCODE_BINARY:
      return inside ? SWL_ERROR_CONTINUATION : SWL_OK;
    case SWL_OPCODE_CONTINUATION:
      if (!inside) return SWL_ERROR_CONTINUATION;
      if (receiver->limits && receiver->limits->max_fragments &&
          receiver->fragments >= receiver->limits->max_fragments)
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
static int check_second(const swl_receiver *receiver, uint8_t first, uint8_t second) {
  bool masked = second & MASKED;
  if (masked != (receiver->role == SWL_ROLE_SERVER)) return SWL_ERROR_MASK;
  unsigned length = second & 0x7Fu;
  if (is_control(first) && length > SWL_CONTROL_PAYLOAD_MAX) return SWL_ERROR_CONTROL_LENGTH;
  if ((first & 0x0F) == SWL_OPCODE_CLOSE && length == 1) return SWL_ERROR_CLOSE_PAYLOAD;
  return SWL_OK;
}

/* Unmasks the next bytes of the payload and, in a text, validates them. */
static int take_payload(swl_receiver *receiver, uint8_t *data, size_t size) {
  if (receiver->opcode == SWL_OPCODE_TEXT && !(receiver->flags & FLAG_COMPRESSED)) {
    receiver->utf8 = receiver->role == SWL_ROLE_SERVER
                         ? swl_utf8_unmask(receiver->utf8, data, size, &receiver->mask)
                         : swl_utf8_update(receiver->utf8, data, size);
    if (receiver->utf8 == SWL_UTF8_INVALID) return SWL_ERROR_UTF8;
  } else if (receiver->role == SWL_ROLE_SERVER) {
    receiver->mask = swl_mask(data, size, receiver->mask);
  }
  receiver->remaining -= size;
  if (receiver->remaining) return SWL_OK;
  if (!(receiver->flags & FLAG_FIN)) {
    receiver->state = STATE_INSIDE;
    return SWL_OK;
  }
  receiver->state = STATE_END;
  return receiver->utf8 == SWL_UTF8_START ? SWL_OK : SWL_ERROR_UTF8;
}

static int receive_close(swl_receiver *receiver, uint8_t *payload, size_t size, swl_event *event) {
  event->close_code = 1005;
  if (size) {
    uint16_t code = (uint16_t)(payload[0] << 8 | payload[1]);
    if (!swl_close_code_valid(code)) return SWL_ERROR_CLOSE_CODE;
    if (!swl_utf8_valid(payload + 2, size - 2)) return SWL_ERROR_UTF8;
    event->close_code = code;
    event->data = payload + 2;
    event->size = size - 2;
  }
  receiver->state = STATE_CLOSED;
  return SWL_EVENT_CLOSE;
}

/* A control frame, whole in the input. */
static int receive_control(swl_receiver *receiver, uint8_t opcode, uint8_t *payload, size_t size,
                           uint32_t mask, swl_event *event) {
  if (receiver->role == SWL_ROLE_SERVER) swl_mask(payload, size, mask);
  if (opcode == SWL_OPCODE_CLOSE) return receive_close(receiver, payload, size, event);
  const swl_limits *limits = receiver->limits;
  if (limits && limits->max_controls && receiver->controls++ >= limits->max_controls)
    return SWL_ERROR_CONTROL_RATE;
  event->data = payload;
  event->size = size;
  return opcode == SWL_OPCODE_PING ? SWL_EVENT_PING : SWL_EVENT_PONG;
}

/* Begins a message with its first frame, of which `size` bytes of payload are in the input. */
static int receive_first(swl_receiver *receiver, uint8_t *payload, size_t size, size_t *consumed,
                         swl_event *event) {
  event->opcode = receiver->opcode;
  event->compressed = receiver->flags & FLAG_COMPRESSED;
  if (!(receiver->flags & FLAG_FIN) || receiver->remaining > size) {
    event->frame_size = receiver->remaining;
    if (!receiver->remaining) receiver->state = STATE_INSIDE;
    return SWL_EVENT_BEGIN;
  }
  size = (size_t)receiver->remaining;
  int error = take_payload(receiver, payload, size);
  if (error) return error;
  receiver->state = STATE_IDLE;
  *consumed += size;
  event->data = payload;
  event->size = size;
  return SWL_EVENT_MESSAGE;
}

static void set_flag(swl_receiver *receiver, uint8_t flag, bool on) {
  receiver->flags = (uint8_t)(on ? receiver->flags | flag : receiver->flags & ~flag);
}

/* NONE means here: no event yet, go on if anything was consumed. */
static int receive_header(swl_receiver *receiver, uint8_t *data, size_t size, size_t *consumed,
                          swl_event *event) {
  if (size == 0) return SWL_EVENT_NONE;
  int error = check_first(receiver, data[0]);
  if (!error && size > 1) error = check_second(receiver, data[0], data[1]);
  if (error) return error;

  uint64_t length;
  int length_end = swl_frame_length(data, size, &length);
  if (length_end <= 0) return length_end;
  bool control = is_control(data[0]), first = receiver->state == STATE_IDLE;
  uint64_t message_size = first ? 0 : receiver->message_size;
  if (!control && (error = check_size(receiver, message_size, length))) return error;

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
    return receive_control(receiver, data[0] & 0x0F, data + header, (size_t)length, mask, event);
  }

  *consumed += header;
  receiver->remaining = length;
  receiver->message_size = message_size + length;
  receiver->mask = mask;
  if (first) set_flag(receiver, FLAG_COMPRESSED, data[0] & COMPRESSED);
  set_flag(receiver, FLAG_FIN, data[0] & FIN);
  receiver->state = STATE_PAYLOAD;
  if (!first) {
    receiver->fragments++;
    return length ? SWL_EVENT_NONE : take_payload(receiver, data + header, 0);
  }
  receiver->fragments = 1;
  receiver->opcode = data[0] & 0x0F;
  return receive_first(receiver, data + header, size - header, consumed, event);
}

/* One step of the machine, from the state it is in. */
static int advance(swl_receiver *receiver, uint8_t *data, size_t size, size_t *consumed,
                   swl_event *event) {
  switch (receiver->state) {
    case STATE_IDLE:
    case STATE_INSIDE:
      return receive_header(receiver, data, size, consumed, event);
    case STATE_PAYLOAD: {
      if (size == 0) return SWL_EVENT_NONE;
      if (size > receiver->remaining) size = (size_t)receiver->remaining;
      int error = take_payload(receiver, data, size);
      if (error) return error;
      *consumed += size;
      *event = (swl_event){.data = data,
                           .size = size,
                           .opcode = receiver->opcode,
                           .compressed = receiver->flags & FLAG_COMPRESSED};
      return SWL_EVENT_DATA;
    }
    case STATE_END:
      receiver->state = STATE_IDLE;
      event->opcode = receiver->opcode;
      event->compressed = receiver->flags & FLAG_COMPRESSED;
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
static inline int receive_small(swl_receiver *receiver, uint8_t *data, size_t size,
                                size_t *consumed, swl_event *event) {
  if (receiver->state != STATE_IDLE || size < 2) return NOT_SMALL;
  bool server = receiver->role == SWL_ROLE_SERVER;
  unsigned opcode = data[0] ^ FIN, length = data[1] ^ (server ? MASKED : 0u);
  if (opcode - SWL_OPCODE_TEXT > SWL_OPCODE_BINARY - SWL_OPCODE_TEXT || length > 125)
    return NOT_SMALL;
  size_t header = server ? 6 : 2;
  if (size < header + length || check_size(receiver, 0, length)) return NOT_SMALL;

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

static int fail(swl_receiver *receiver, int error, size_t size, size_t *consumed,
                swl_event *event) {
  receiver->state = STATE_CLOSED;
  *consumed = size;
  *event = (swl_event){0};
  return error;
}

int swl_receiver_read(swl_receiver *receiver, void *data, size_t size, size_t *consumed,
                      swl_event *event) {
  uint8_t *bytes = data;
  int result = receive_small(receiver, bytes, size, consumed, event);
  if (result == SWL_EVENT_MESSAGE) return result;
  if (result < 0) return fail(receiver, result, size, consumed, event);
  *consumed = 0;
  *event = (swl_event){0};
  for (;;) {
    size_t before = *consumed;
    result = advance(receiver, bytes ? bytes + before : bytes, size - before, consumed, event);
    if (result < 0) return fail(receiver, result, size, consumed, event);
    if (result != SWL_EVENT_NONE) return result;
    if (*consumed == before) return SWL_EVENT_NONE;
  }
}
