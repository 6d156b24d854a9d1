/*
 * Inside of the frame room: what the connection machine reads frames with.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_FRAME_H
#define SWL_FRAME_H

#include <string.h>

#include "swiftlet.h"

#pragma GCC visibility push(hidden)

/**
 * Reads the payload length of a header. Returns the bytes up to the end of the length (2, 4 or 10;
 * a masking key follows them), 0 when more are needed, or SWL_ERROR_FRAME_LENGTH as soon as the
 * bytes show it.
 */
int swl_frame_length(const uint8_t *data, size_t size, uint64_t *length);

#pragma GCC visibility pop

#endif
