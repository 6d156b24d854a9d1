/*
 * What a connection makes of a stream, in a form that does not depend on how the stream is cut:
 * whole messages, control frames and the error. Used by tests and fuzz targets.
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

typedef struct trace {
  bytes log;     /* a record an event; see trace.c */
  bytes message; /* of the message that is open */
  size_t messages, pings, pongs;
  int error;           /* SWL_OK or the first error */
  uint16_t close_code; /* 0 without CLOSE */
} trace;

/**
 * Feeds `input` to a new connection in chunks of the sizes in `steps`, over and over; unread bytes
 * go in front of the next chunk. Checks what swiftlet.h promises of every event on the way.
 */
trace trace_stream(swl_role role, const swl_limits *limits, const uint8_t *input, size_t size,
                   const size_t *steps, size_t step_count);
bool trace_equal(const trace *a, const trace *b);
void trace_free(trace *trace);

#endif
