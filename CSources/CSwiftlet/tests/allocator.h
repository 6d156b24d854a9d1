/*
 * An allocator that counts, and that can run out of memory at a place of choice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include "check.h"

typedef struct test_memory {
  size_t calls;       /* of allocate and reallocate */
  size_t fails_at;    /* the number of the call that fails, from 1; 0: none does */
  bool fails_on;      /* as do all calls behind it */
  size_t failures;    /* calls that failed */
  size_t blocks;      /* that are not released */
  size_t bytes, peak; /* of these blocks: now, and most at a time */
} test_memory;

/** An allocator that counts in `memory`. */
swl_allocator test_allocator(test_memory *memory);

#endif
