/*
 * The checks of ../tests/check.h for fuzz targets: a failed one is a crash, which the fuzzer keeps.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"

char test_note[256];

void test_fail(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
  abort();
}
