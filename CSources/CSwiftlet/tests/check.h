/*
 * A small test harness. A file in this folder writes
 *
 *     TEST(room_what_is_shown) { CHECK(1 + 1 == 2); }
 *
 * and is found by the Makefile. A failed check prints its place and ends its test; the runner goes
 * on with the next. `TEST_NOTE("size %zu", n)` says where a loop is, and is printed with a failure.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "swiftlet.h"

typedef struct test {
  const char *name;
  void (*run)(void);
  struct test *next;
} test;

void test_register(test *test);
_Noreturn void test_fail(const char *file, int line, const char *what);

/* Room for the note of TEST_NOTE(). */
extern char test_note[256];

#define TEST(name)                                                 \
  static void test_##name(void);                                   \
  __attribute__((constructor)) static void register_##name(void) { \
    static test entry = {#name, test_##name, NULL};                \
    test_register(&entry);                                         \
  }                                                                \
  static void test_##name(void)

#define CHECK(condition) \
  ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, #condition " does not hold"))

#define CHECK_EQUAL(actual, expected) \
  test_equal(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))

#define CHECK_STRING(actual, expected) CHECK(strcmp((actual), (expected)) == 0)

#define CHECK_BYTES(actual, expected, size) \
  test_bytes(__FILE__, __LINE__, #actual, (actual), (expected), (size))

#define TEST_NOTE(...) ((void)snprintf(test_note, sizeof test_note, __VA_ARGS__))

void test_equal(const char *file, int line, const char *what, long long actual, long long expected);
void test_bytes(const char *file, int line, const char *what, const void *actual,
                const void *expected, size_t size);

/* Moves on to the next CPU level this machine has; lifts the limit after the last. */
bool test_next_cpu(int *level);

/* Runs the statement behind it once for each CPU level this machine has. */
#define FOR_EACH_CPU for (int test_cpu = -1; test_next_cpu(&test_cpu);)

/* A repeatable generator (xorshift64*) for test data. */
static inline uint64_t test_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545F4914F6CDD1Du;
}

static inline void test_fill(void *data, size_t size, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  for (size_t i = 0; i < size; i++) ((uint8_t *)data)[i] = (uint8_t)(test_random(&state) >> 56);
}

#endif
