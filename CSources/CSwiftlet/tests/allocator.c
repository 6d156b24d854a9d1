/* SPDX-License-Identifier: Apache-2.0 */
#include "allocator.h"

#include <stdlib.h>

/* In front of each block: its size. */
typedef union prefix {
  size_t size;
  max_align_t alignment;
} prefix;

static bool fails(test_memory *memory) {
  memory->calls++;
  bool failed = memory->fails_at && (memory->fails_on ? memory->calls >= memory->fails_at
                                                      : memory->calls == memory->fails_at);
  memory->failures += failed;
  return failed;
}

static void count(test_memory *memory, size_t size) {
  memory->blocks++;
  memory->bytes += size;
  if (memory->bytes > memory->peak) memory->peak = memory->bytes;
}

static void *counted_allocate(void *context, size_t size) {
  if (fails(context)) return NULL;
  prefix *block = malloc(sizeof *block + size);
  CHECK(block != NULL);
  block->size = size;
  count(context, size);
  return block + 1;
}

static void counted_release(void *context, void *memory) {
  if (!memory) return;
  test_memory *counts = context;
  prefix *block = (prefix *)memory - 1;
  CHECK(counts->blocks > 0 && counts->bytes >= block->size);
  counts->blocks--;
  counts->bytes -= block->size;
  free(block);
}

/* Always moves, so that a pointer kept too long is seen. */
static void *counted_reallocate(void *context, void *memory, size_t size) {
  void *moved = counted_allocate(context, size);
  if (!moved) return NULL;
  if (memory) {
    size_t before = ((prefix *)memory - 1)->size;
    memcpy(moved, memory, before < size ? before : size);
    counted_release(context, memory);
  }
  return moved;
}

swl_allocator test_allocator(test_memory *memory) {
  return (swl_allocator){counted_allocate, counted_reallocate, counted_release, memory};
}
