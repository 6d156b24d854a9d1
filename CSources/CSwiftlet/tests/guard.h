/*
 * Memory between two pages that may not be touched, so that a read or write one byte outside a
 * buffer is a crash.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdint.h>

typedef struct guard {
  uint8_t *start, *end; /* the usable memory: whole pages */
} guard;

/* Memory for at least `size` bytes; fails the test when there is none. */
guard guard_new(size_t size);
void guard_free(guard *guard);

/* `size` bytes that end at the page behind. */
static inline uint8_t *guard_back(const guard *guard, size_t size) { return guard->end - size; }

/* Bytes that begin at the end of the page in front. */
static inline uint8_t *guard_front(const guard *guard) { return guard->start; }

#endif
