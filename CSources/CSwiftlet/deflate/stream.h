/*
 * What both contexts need of zlib.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_DEFLATE_STREAM_H
#define SWL_DEFLATE_STREAM_H

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#include "../cpu/library.h"

/* The bytes a sender leaves away at the end of a message and a receiver puts back (RFC 7692
 * §7.2.1): the length fields of the empty stored block that ends it. */
#define SWL_DEFLATE_TAIL_SIZE 4

static inline void *swl_zlib_allocate(void *allocator, unsigned items, unsigned size) {
  return swl_allocate(allocator, (size_t)items * size);
}

static inline void swl_zlib_release(void *allocator, void *memory) {
  swl_release(allocator, memory);
}

/* A stream that takes its memory from `allocator`. */
static inline z_stream swl_zlib_stream(const swl_allocator *allocator) {
  return (z_stream){
      .zalloc = swl_zlib_allocate, .zfree = swl_zlib_release, .opaque = (void *)allocator};
}

/* zlib counts what it is given at once in 32 bits. */
static inline unsigned swl_zlib_size(size_t size) {
  return size < UINT_MAX ? (unsigned)size : UINT_MAX;
}

/* What zlib's starting a stream came to. */
static inline int swl_zlib_started(int result) {
  if (result == Z_OK) return SWL_OK;
  return result == Z_MEM_ERROR ? SWL_ERROR_MEMORY : SWL_ERROR_UNSUPPORTED;
}

#endif
