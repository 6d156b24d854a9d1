/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../handshake/http.h"
#include "check.h"
#include "generator.h"
#include "guard.h"

test_generator_state test_generator;

ssize_t getrandom(void *out, size_t size, unsigned flags) {
  static bool interrupt;
  if (test_generator == BROKEN) {
    errno = ENOSYS;
    return -1;
  }
  if (test_generator == INTERRUPTED) {
    interrupt = !interrupt;
    if (interrupt) {
      errno = EINTR;
      return -1;
    }
    if (size > 100) size = 100;
  }
  return syscall(SYS_getrandom, out, size, flags);
}

static int compare_words(const void *a, const void *b) {
  uint64_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

/* Of 200,000 random 64-bit words two are alike once in a billion runs: what hands the same bytes
 * out twice, or leaves some as they were, is seen. */
TEST(random_never_repeats_itself) {
  enum { WORDS = 200000 };
  swl_random pool = {0};
  uint64_t *words = calloc(WORDS, sizeof *words);
  CHECK(words != NULL);
  for (size_t i = 0; i < WORDS;) {
    size_t run = 1 + i % 40; /* 8 to 320 bytes, through the pool and around it */
    if (run > WORDS - i) run = WORDS - i;
    CHECK_EQUAL(swl_random_fill(&pool, words + i, run * sizeof *words), 0);
    i += run;
  }
  qsort(words, WORDS, sizeof *words, compare_words);
  for (size_t i = 1; i < WORDS; i++) CHECK(words[i - 1] != words[i]);
  free(words);
}

/* Every bit is set in about half of the words: 100,000 draws stray 3,200 from the middle, 20
 * standard deviations, never. */
TEST(random_bits_are_set_half_the_time) {
  enum { DRAWS = 100000 };
  swl_random pool = {0};
  int set[32] = {0};
  for (int i = 0; i < DRAWS; i++) {
    uint32_t mask = 0;
    CHECK_EQUAL(swl_random_fill(&pool, &mask, sizeof mask), 0);
    for (int bit = 0; bit < 32; bit++) set[bit] += (int)(mask >> bit & 1);
  }
  for (int bit = 0; bit < 32; bit++) {
    TEST_NOTE("bit %d", bit);
    CHECK(abs(set[bit] - DRAWS / 2) < 3200);
  }
}

/* A byte that was left alone stays 0 in 16 calls with chance 2^-128. */
TEST(random_fills_exactly_the_given_bytes) {
  guard guard = guard_new(5000);
  static const size_t sizes[] = {1, 3, 4, 16, 255, 256, 257, 2043, 2044, 2045, 5000};
  swl_random pool = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    size_t size = sizes[i];
    TEST_NOTE("size %zu", size);
    uint8_t *out = guard_back(&guard, size), touched[5000] = {0};
    for (int round = 0; round < 16; round++) {
      memset(guard.start, 0, (size_t)(guard.end - guard.start));
      CHECK_EQUAL(swl_random_fill(&pool, out, size), 0);
      for (size_t j = 0; j < size; j++) touched[j] |= out[j];
      if (out > guard.start) CHECK_EQUAL(out[-1], 0);
    }
    for (size_t j = 0; j < size; j++) CHECK(touched[j] != 0);
  }
  uint32_t left = pool.left;
  CHECK_EQUAL(swl_random_fill(&pool, NULL, 0), 0);
  CHECK_EQUAL(pool.left, left);
  guard_free(&guard);
}

/* No byte of the pool is handed out twice, and large requests leave it alone. */
TEST(random_takes_small_requests_from_the_pool) {
  swl_random pool = {0};
  uint8_t out[2000];
  CHECK_EQUAL(swl_random_fill(&pool, out, 4), 0);
  uint32_t full = sizeof pool.bytes;
  CHECK_EQUAL(pool.left, full - 4);
  CHECK_EQUAL(swl_random_fill(&pool, out, sizeof out), 0);
  CHECK_EQUAL(pool.left, full - 4);
  swl_random before = pool;
  while (pool.left >= 4) {
    CHECK_EQUAL(swl_random_fill(&pool, out, 4), 0);
    CHECK_BYTES(out, before.bytes + pool.left, 4);
    CHECK_BYTES(pool.bytes, before.bytes, sizeof pool.bytes);
  }
  CHECK_EQUAL(swl_random_fill(&pool, out, 4), 0);
  CHECK(memcmp(pool.bytes, before.bytes, sizeof pool.bytes) != 0);
}

TEST(random_goes_on_after_an_interruption) {
  static uint8_t out[5000];
  swl_random pool = {0};
  errno = ENOTTY;
  test_generator = INTERRUPTED;
  int small = swl_random_fill(&pool, out, 200), large = swl_random_fill(&pool, out, sizeof out);
  test_generator = WELL;
  CHECK_EQUAL(small, 0);
  CHECK_EQUAL(large, 0);
  CHECK_EQUAL(errno, ENOTTY);
  /* Of 5,000 bytes 20 are 0; 100 and more in a run, as one read left out would be, never. */
  size_t run = 0;
  for (size_t i = 0; i < sizeof out; i++) {
    run = out[i] ? 0 : run + 1;
    CHECK(run < 16);
  }
}

/* What was in the pool has been handed out: better no bytes than those. */
TEST(random_fails_rather_than_repeat_itself) {
  swl_random pool = {0};
  uint8_t out[1000];
  char key[SWL_KEY_SIZE];
  while (pool.left >= sizeof key || pool.left == 0) CHECK_EQUAL(swl_key_new(&pool, key), 0);
  errno = ENOTTY;
  test_generator = BROKEN;
  int results[] = {swl_random_fill(&pool, out, 256), swl_random_fill(&pool, out, sizeof out),
                   swl_random_fill(&pool, out, 1), swl_key_new(&pool, key)};
  test_generator = WELL;
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
    CHECK_EQUAL(results[i], SWL_ERROR_CRYPTO);
  CHECK_EQUAL(errno, ENOTTY);
  CHECK_EQUAL(swl_random_fill(&pool, out, 1), 0);
}

TEST(random_keys_are_keys) {
  guard guard = guard_new(SWL_KEY_SIZE);
  char *key = (char *)guard_back(&guard, SWL_KEY_SIZE);
  swl_random pool = {0};
  bool seen[256] = {false};
  for (int i = 0; i < 2000; i++) {
    CHECK_EQUAL(swl_key_new(&pool, key), 0);
    CHECK(swl_http_is_key((swl_slice){key, SWL_KEY_SIZE}));
    /* Of 16 bytes the last has two bits in the 22nd character, the highest of its six. */
    CHECK(key[21] == 'A' || key[21] == 'Q' || key[21] == 'g' || key[21] == 'w');
    for (size_t j = 0; j < SWL_KEY_SIZE; j++) seen[(unsigned char)key[j]] = true;
  }
  for (const char *c = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="; *c; c++)
    CHECK(seen[(unsigned char)*c]);
  guard_free(&guard);
}
