/*
 * What every room needs of the library: memory from the caller's allocator, and options structs
 * of a caller that may be older or newer than this library.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_LIBRARY_H
#define SWL_LIBRARY_H

#include "swiftlet.h"

#pragma GCC visibility push(hidden)

/* As malloc(), realloc() and free(), which they are when `allocator` is NULL. */
void *swl_allocate(const swl_allocator *allocator, size_t size);
void *swl_reallocate(const swl_allocator *allocator, void *memory, size_t size);
void swl_release(const swl_allocator *allocator, void *memory);

/**
 * Copies an options struct, whose first field is its size, into `target` of `size` bytes: fields
 * that the caller's does not have become zero, ones that we do not have are left out. NULL is all
 * zero. Returns false when the caller's size cannot be one.
 */
bool swl_options_copy(void *target, size_t size, const void *options);

#pragma GCC visibility pop

#endif
