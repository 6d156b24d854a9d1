/*
 * Kernels of the utf8 room, one pair a CPU level.
 *
 * Each takes a text from a character boundary and returns whether some text begins with these
 * bytes: the last character may be incomplete. The unmasking ones unmask all of the data in any
 * case.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_UTF8_H
#define SWL_UTF8_H

#include "../cpu/cpu.h"

#pragma GCC visibility push(hidden)

#if SWL_X86
bool swl_utf8_validate_sse2(const uint8_t *data, size_t size);
bool swl_utf8_unmask_sse2(uint8_t *data, size_t size, uint32_t key);
bool swl_utf8_validate_avx2(const uint8_t *data, size_t size);
bool swl_utf8_unmask_avx2(uint8_t *data, size_t size, uint32_t key);
bool swl_utf8_validate_avx512(const uint8_t *data, size_t size);
bool swl_utf8_unmask_avx512(uint8_t *data, size_t size, uint32_t key);
#elif SWL_NEON
bool swl_utf8_validate_neon(const uint8_t *data, size_t size);
bool swl_utf8_unmask_neon(uint8_t *data, size_t size, uint32_t key);
#endif

#pragma GCC visibility pop

#endif
