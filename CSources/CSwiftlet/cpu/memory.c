/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "library.h"

void *swl_allocate(const swl_allocator *allocator, size_t size) {
  return allocator ? allocator->allocate(allocator->context, size) : malloc(size);
}

void *swl_reallocate(const swl_allocator *allocator, void *memory, size_t size) {
  return allocator ? allocator->reallocate(allocator->context, memory, size)
                   : realloc(memory, size);
}

void swl_release(const swl_allocator *allocator, void *memory) {
  if (allocator)
    allocator->release(allocator->context, memory);
  else
    free(memory);
}

bool swl_options_copy(void *target, size_t size, const void *options) {
  memset(target, 0, size);
  if (!options) return true;
  size_t given;
  memcpy(&given, options, sizeof given);
  if (given < sizeof given) return false;
  memcpy(target, options, given < size ? given : size);
  return true;
}
