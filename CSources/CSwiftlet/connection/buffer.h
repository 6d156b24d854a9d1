/*
 * A growing buffer: bytes are added behind and taken from the front. A connection has one for its
 * output and one for the message it assembles.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_BUFFER_H
#define SWL_BUFFER_H

#include "../cpu/library.h"

#pragma GCC visibility push(hidden)

/** More memory than this is not kept by a buffer that has become empty. */
#define SWL_BUFFER_KEPT 65536

typedef struct swl_buffer {
  uint8_t *bytes;    /* the memory in use */
  size_t start, end; /* what it holds: bytes[start] up to, without it, bytes[end] */
  size_t capacity;
  uint8_t *inner; /* the owner's memory, used while it suffices; may be NULL */
  size_t inner_size;
  const swl_allocator *allocator;
} swl_buffer;

/** An empty buffer, which allocates nothing before it needs more than `inner_size` bytes. */
void swl_buffer_init(swl_buffer *buffer, void *inner, size_t inner_size,
                     const swl_allocator *allocator);
void swl_buffer_free(swl_buffer *buffer);

/**
 * Makes room for `size` bytes behind what the buffer holds and returns where it is, or NULL when
 * there is no memory; what is held stays. Who writes there moves `end`.
 */
uint8_t *swl_buffer_reserve(swl_buffer *buffer, size_t size);

/** Takes `size` bytes from the front, at most all; gives large memory back when that empties it. */
void swl_buffer_drop(swl_buffer *buffer, size_t size);

static inline size_t swl_buffer_size(const swl_buffer *buffer) {
  return buffer->end - buffer->start;
}

#pragma GCC visibility pop

#endif
