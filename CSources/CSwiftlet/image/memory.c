/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "internal.h"

void *swl_image_allocate(const swl_allocator *allocator, size_t size) {
  return allocator ? allocator->allocate(allocator->context, size) : malloc(size);
}

void *swl_image_reallocate(const swl_allocator *allocator, void *memory, size_t size) {
  return allocator ? allocator->reallocate(allocator->context, memory, size)
                   : realloc(memory, size);
}

void swl_image_release(const swl_allocator *allocator, void *memory) {
  if (allocator)
    allocator->release(allocator->context, memory);
  else
    free(memory);
}
