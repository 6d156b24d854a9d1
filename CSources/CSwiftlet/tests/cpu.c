/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

TEST(cpu_names) {
  CHECK_STRING(swl_cpu_name(SWL_CPU_SCALAR), "scalar");
  CHECK_STRING(swl_cpu_name(SWL_CPU_SSE2), "sse2");
  CHECK_STRING(swl_cpu_name(SWL_CPU_AVX2), "avx2");
  CHECK_STRING(swl_cpu_name(SWL_CPU_AVX512), "avx512");
  CHECK_STRING(swl_cpu_name(SWL_CPU_NEON), "neon");
  CHECK_STRING(swl_cpu_name((swl_cpu)5), "unknown");
}

TEST(cpu_limit_is_held) {
  for (int level = SWL_CPU_SCALAR; level <= SWL_CPU_NEON; level++) {
    swl_cpu now = swl_cpu_limit((swl_cpu)level);
    CHECK(now <= (swl_cpu)level && now <= swl_cpu_best());
    CHECK_EQUAL(swl_cpu_active(), now);
  }
  CHECK_EQUAL(swl_cpu_limit(SWL_CPU_SCALAR), SWL_CPU_SCALAR);
  CHECK_EQUAL(swl_cpu_limit(swl_cpu_best()), swl_cpu_best());
}

/* Starts this program anew, under the emulator that TEST_RUNNER names if there is one, to print the
 * level that SWIFTLET_CPU makes it use. */
static void level_of_new_process(const char *wish, char *name, size_t size) {
  const char *runner = getenv("TEST_RUNNER");
  char self[1024], command[2048];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  CHECK(length > 0);
  self[length] = 0;
  snprintf(command, sizeof command, "SWIFTLET_CPU=%s %s '%s' --print-cpu", wish,
           runner ? runner : "", self);
  FILE *output = popen(command, "r");
  CHECK(output != NULL);
  name[0] = 0;
  if (fgets(name, (int)size, output)) name[strcspn(name, "\n")] = 0;
  CHECK(pclose(output) == 0);
}

TEST(cpu_environment_is_honoured) {
  char name[32];
  for (int level = SWL_CPU_SCALAR; level <= SWL_CPU_NEON; level++) {
    const char *expected = swl_cpu_name(swl_cpu_limit((swl_cpu)level));
    level_of_new_process(swl_cpu_name((swl_cpu)level), name, sizeof name);
    TEST_NOTE("wish %s, got %s", swl_cpu_name((swl_cpu)level), name);
    CHECK_STRING(name, expected);
  }
  level_of_new_process("nonsense", name, sizeof name);
  CHECK_STRING(name, swl_cpu_name(swl_cpu_best()));
}
