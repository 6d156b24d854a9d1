/*
 * Inside of a connection: what its receiving half (receive.c) and its sending half (send.c) share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_CONN_H
#define SWL_CONN_H

#include "buffer.h"

#pragma GCC visibility push(hidden)

/** The longest control frame a client sends: header, masking key and payload. */
#define SWL_CONTROL_FRAME_MAX (2 + 4 + SWL_CONTROL_PAYLOAD_MAX)

/**
 * The longest close frame without a reason. So much room always stays in the output, so that no
 * lack of memory keeps a connection from saying why it ends.
 */
#define SWL_CLOSE_ROOM (2 + 4 + 2)

/** Output inside the object, which spares most control frames and small messages an allocation. */
#define SWL_OUTPUT_INNER 160
_Static_assert(SWL_OUTPUT_INNER >= SWL_CONTROL_FRAME_MAX + SWL_CLOSE_ROOM,
               "an empty output must hold a pong without an allocation");

/** The most bytes swl_receiver_read() leaves unread, and one more to complete them. */
#define SWL_UNREAD_MAX (SWL_FRAME_HEADER_MAX + SWL_CONTROL_PAYLOAD_MAX)

/** What is to be done with the compressed payload that `unread` bytes of the input are. */
typedef enum swl_inflating {
  SWL_INFLATING_NOTHING = 0,
  SWL_INFLATING_PIECE, /* the message goes on behind it */
  SWL_INFLATING_LAST,  /* it is the message's last */
  SWL_INFLATING_END,   /* nothing, but the END of the message is to be reported */
} swl_inflating;

struct swl_conn {
  swl_receiver receiver;
  swl_limits limits;
  const swl_allocator *allocator;
  swl_state state;
  swl_role role;
  bool streaming;
  swl_random *random; /* a client's */

  swl_buffer output;
  size_t max_queue;  /* 0: no limit */
  uint8_t pong_size; /* of a pong that waits for the output to have room */
  uint8_t pong[SWL_CONTROL_FRAME_MAX];

  swl_deflater *deflater; /* NULL: messages are sent as they are */
  size_t threshold;
  uint8_t sending; /* opcode of the message that is being sent in fragments, or 0 */
  bool sending_compressed;

  swl_inflater *inflater; /* NULL: the peer cannot send compressed messages */
  swl_inflating inflating;
  size_t unread;      /* payload bytes at the front of the input, unmasked, not inflated yet */
  swl_utf8 utf8;      /* of an inflated text */
  swl_buffer message; /* what has come of a message; with `streaming`, what was inflated last */
  uint8_t header_size;
  uint8_t header[SWL_UNREAD_MAX]; /* the start of a frame header or of a control frame */

  uint8_t output_inner[SWL_OUTPUT_INNER];
  swl_random own_random[]; /* one, of a client that was given none */
};

/**
 * Answers a ping: at once, or when the output has room again and no later ping has come.
 * 0 or SWL_ERROR_CRYPTO.
 */
int swl_conn_answer_ping(swl_conn *conn, const void *data, size_t size);

/** Queues the pong that waits, if there is one and room for it. */
void swl_conn_flush_pong(swl_conn *conn);

/** Queues a close frame, `code` 0 meaning an empty one. 0, SWL_ERROR_MEMORY or SWL_ERROR_CRYPTO;
 * without a reason there is always memory. */
int swl_conn_queue_close(swl_conn *conn, uint16_t code, const void *reason, size_t size);

#pragma GCC visibility pop

#endif
