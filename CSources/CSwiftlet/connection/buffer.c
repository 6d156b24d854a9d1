/* SPDX-License-Identifier: Apache-2.0 */
#include "buffer.h"

#include <string.h>

/* The least that is allocated. */
#define SMALLEST 256

void swl_buffer_init(swl_buffer *buffer, void *inner, size_t inner_size,
                     const swl_allocator *allocator) {
  *buffer = (swl_buffer){.bytes = inner,
                         .capacity = inner_size,
                         .inner = inner,
                         .inner_size = inner_size,
                         .allocator = allocator};
}

void swl_buffer_free(swl_buffer *buffer) {
  if (buffer->bytes != buffer->inner) swl_release(buffer->allocator, buffer->bytes);
  swl_buffer_init(buffer, buffer->inner, buffer->inner_size, buffer->allocator);
}

static void move_to_front(swl_buffer *buffer) {
  size_t held = swl_buffer_size(buffer);
  if (buffer->start && held) memmove(buffer->bytes, buffer->bytes + buffer->start, held);
  buffer->start = 0;
  buffer->end = held;
}

/* At least doubles, so that a byte is moved a bounded number of times, however small the pieces. */
static bool grow(swl_buffer *buffer, size_t size) {
  size_t held = swl_buffer_size(buffer);
  if (size > SIZE_MAX / 2 - held) return false;
  size_t capacity = held + size;
  if (buffer->capacity < SIZE_MAX / 2 && capacity < 2 * buffer->capacity)
    capacity = 2 * buffer->capacity;
  if (capacity < SMALLEST) capacity = SMALLEST;

  move_to_front(buffer);
  bool allocated = buffer->bytes != buffer->inner;
  uint8_t *bytes = swl_reallocate(buffer->allocator, allocated ? buffer->bytes : NULL, capacity);
  if (!bytes) return false;
  if (!allocated && held) memcpy(bytes, buffer->inner, held);
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return true;
}

uint8_t *swl_buffer_reserve(swl_buffer *buffer, size_t size) {
  if (size > buffer->capacity - buffer->end) {
    /* No more bytes are moved to the front than were taken from there. */
    if (buffer->start >= swl_buffer_size(buffer)) move_to_front(buffer);
    if (size > buffer->capacity - buffer->end && !grow(buffer, size)) return NULL;
  }
  return buffer->bytes + buffer->end;
}

void swl_buffer_drop(swl_buffer *buffer, size_t size) {
  if (size < swl_buffer_size(buffer)) {
    buffer->start += size;
    return;
  }
  buffer->start = buffer->end = 0;
  if (buffer->capacity > SWL_BUFFER_KEPT) swl_buffer_free(buffer);
}
