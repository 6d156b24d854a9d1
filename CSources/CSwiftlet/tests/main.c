/*
 * Runs the tests whose names contain one of the arguments, or all.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdlib.h>

#include "check.h"

char test_note[256];

static test *tests;
static jmp_buf failed;

void test_register(test *test) {
  struct test **at = &tests;
  while (*at && strcmp((*at)->name, test->name) < 0) at = &(*at)->next;
  test->next = *at;
  *at = test;
}

void test_fail(const char *file, int line, const char *what) {
  printf("%s:%d: %s", file, line, what);
  if (test_note[0]) printf(" (%s)", test_note);
  printf(" [cpu %s]\n", swl_cpu_name(swl_cpu_active()));
  longjmp(failed, 1);
}

void test_equal(const char *file, int line, const char *what, long long actual,
                long long expected) {
  if (actual == expected) return;
  char text[512];
  snprintf(text, sizeof text, "%s is %lld, not %lld", what, actual, expected);
  test_fail(file, line, text);
}

void test_bytes(const char *file, int line, const char *what, const void *actual,
                const void *expected, size_t size) {
  const uint8_t *a = actual, *b = expected;
  for (size_t i = 0; i < size; i++) {
    if (a[i] == b[i]) continue;
    char text[512];
    snprintf(text, sizeof text, "%s[%zu] is 0x%02X, not 0x%02X", what, i, a[i], b[i]);
    test_fail(file, line, text);
  }
}

bool test_next_cpu(int *level) {
  while (++*level <= SWL_CPU_NEON)
    if (swl_cpu_limit((swl_cpu)*level) == (swl_cpu)*level) return true;
  swl_cpu_limit(swl_cpu_best());
  return false;
}

static bool wanted(const test *test, int count, char **filters) {
  for (int i = 0; i < count; i++)
    if (strstr(test->name, filters[i])) return true;
  return count == 0;
}

int main(int count, char **arguments) {
  /* Asked for by the test of SWIFTLET_CPU, which starts this program anew. */
  if (count == 2 && strcmp(arguments[1], "--print-cpu") == 0) {
    puts(swl_cpu_name(swl_cpu_active()));
    return 0;
  }
  int passed = 0, lost = 0;
  for (test *test = tests; test; test = test->next) {
    if (!wanted(test, count - 1, arguments + 1)) continue;
    test_note[0] = 0;
    if (setjmp(failed) == 0) {
      test->run();
      passed++;
    } else {
      printf("FAILED %s\n", test->name);
      lost++;
    }
    swl_cpu_limit(swl_cpu_best());
    fflush(stdout);
  }
  printf("%d passed, %d failed\n", passed, lost);
  return lost || passed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
