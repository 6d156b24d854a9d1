/*
 * Writing heads into a buffer that may be too small.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_HANDSHAKE_WRITER_H
#define SWL_HANDSHAKE_WRITER_H

#include <limits.h>
#include <string.h>

#include "swiftlet.h"

/* Appends to a buffer; what does not fit is counted but not written. */
typedef struct swl_head_writer {
  char *out;
  size_t capacity, size;
} swl_head_writer;

static inline void swl_head_append(swl_head_writer *writer, const char *text, size_t size) {
  if (writer->size <= writer->capacity && size <= writer->capacity - writer->size && size)
    memcpy(writer->out + writer->size, text, size);
  writer->size += size;
}

static inline void swl_head_append_text(swl_head_writer *writer, const char *text) {
  swl_head_append(writer, text, strlen(text));
}

static inline void swl_head_append_field(swl_head_writer *writer, const char *name,
                                         swl_slice value) {
  swl_head_append_text(writer, name);
  swl_head_append(writer, ": ", 2);
  swl_head_append(writer, value.data, value.size);
  swl_head_append(writer, "\r\n", 2);
}

/* Ends the head and returns its size, or SWL_ERROR_SPACE. */
static inline int swl_head_finish(swl_head_writer *writer) {
  swl_head_append(writer, "\r\n", 2);
  return writer->size <= writer->capacity && writer->size <= INT_MAX ? (int)writer->size
                                                                     : SWL_ERROR_SPACE;
}

#endif
