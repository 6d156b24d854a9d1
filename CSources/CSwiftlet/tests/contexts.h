/*
 * Contexts of the deflate room for its tests, and messages taken through them in pieces.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONTEXTS_H
#define CONTEXTS_H

#include "check.h"

swl_deflater *new_deflater(int window_bits, bool takeover, int level);
swl_inflater *new_inflater(int window_bits, bool takeover, uint64_t limit);

/** Bytes that own themselves. */
typedef struct test_buffer {
  uint8_t *data;
  size_t size, capacity;
} test_buffer;

void test_buffer_free(test_buffer *buffer);

/** How a message is handed in and how much room there is for what comes out. */
typedef struct test_cut {
  size_t piece, capacity;
} test_cut;

#define WHOLE ((test_cut){SIZE_MAX, 1 << 16})

/** Compresses a message behind what `out` holds. */
void deflate_message(swl_deflater *deflater, const void *data, size_t size, test_cut cut,
                     test_buffer *out);

/** Decompresses a message behind what `out` holds; 1 or the error. */
int inflate_message(swl_inflater *inflater, const void *data, size_t size, test_cut cut,
                    test_buffer *out);

/** Fills memory with lines of JSON. */
void fill_json(void *data, size_t size, uint64_t seed);

#endif
