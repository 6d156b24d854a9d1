/*
 * What a receiver or a connection makes of a stream, in a form that does not depend on how the
 * stream is cut: whole messages, control frames and the error; and what a connection sends. Used by
 * tests and fuzz targets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TRACE_H
#define TRACE_H

#include "check.h"

typedef struct bytes {
  uint8_t *data;
  size_t size, capacity;
} bytes;

void bytes_add(bytes *bytes, const void *data, size_t size);
void bytes_free(bytes *bytes);

/**
 * Appends a frame: `first` is its first byte. With `masked` the payload is masked with a key that
 * depends on it.
 */
void bytes_add_frame(bytes *bytes, int first, bool masked, const void *payload, size_t size);

/** A record of a trace: its kind, a number that belongs to it, a size and that many bytes. */
void bytes_add_record(bytes *bytes, char kind, int number, const void *data, size_t size);

typedef struct trace {
  /* A record an event: message 'm' (compressed 'z'; number: opcode), ping 'i', pong 'o', close 'c'
   * (number: code), error 'e' (number: error). */
  bytes log;
  /* A record a frame sent: 'M' masked, 'U' not; number: first byte. */
  bytes output;
  bytes message; /* of the message that is open */
  bool in_message, compressed;
  uint8_t opcode;
  bool drains;         /* take a connection's output after each event */
  size_t closes_after; /* queue a close frame after so many messages, pings and pongs; 0: never */
  size_t messages, pings, pongs;
  int error;           /* SWL_OK or the first error */
  uint16_t close_code; /* 0 without CLOSE */
} trace;

/**
 * Feeds `input` to a new receiver in chunks of the sizes in `steps`, over and over; unread bytes go
 * in front of the next chunk. Checks what swiftlet.h promises of every event on the way.
 */
trace trace_stream(swl_role role, bool compression, const swl_limits *limits, const uint8_t *input,
                   size_t size, const size_t *steps, size_t step_count);

/** Feeds the next bytes to a connection, from memory of just that size. */
void trace_feed(trace *trace, swl_conn *conn, const void *data, size_t size);
/** Takes all output of a connection. */
void trace_output(trace *trace, swl_conn *conn);
/** As trace_stream(), with a new connection and, at the end, its output. `trace` is empty or says
 * what the connection is to do meanwhile. */
trace trace_conn(const swl_conn_options *options, trace trace, const uint8_t *input, size_t size,
                 const size_t *steps, size_t step_count);

bool trace_equal(const trace *a, const trace *b);
void trace_free(trace *trace);

#endif
