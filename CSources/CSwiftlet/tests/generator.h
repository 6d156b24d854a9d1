/*
 * The system's random generator as it may also behave; see random.c, which stands in for it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef GENERATOR_H
#define GENERATOR_H

/** INTERRUPTED: every other time, and then it gives less than was asked for. */
typedef enum test_generator_state { WELL, INTERRUPTED, BROKEN } test_generator_state;

extern test_generator_state test_generator;

#endif
