/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The level in use, or -1 before the first call. Racing first calls store the same value. */
static _Atomic int active_level = -1;

static const char *const level_names[SWL_CPU_LEVELS] = {"scalar", "sse2", "avx2", "avx512", "neon"};

swl_cpu swl_cpu_best(void) {
#if SWL_X86
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("lzcnt") ||
      !__builtin_cpu_supports("popcnt"))
    return SWL_CPU_SSE2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return SWL_CPU_AVX512;
  return SWL_CPU_AVX2;
#elif SWL_NEON
  return SWL_CPU_NEON;
#else
  return SWL_CPU_SCALAR;
#endif
}

/* The level itself where the machine has it, else the best that is below it. */
static swl_cpu clamp(swl_cpu level) {
  swl_cpu best = swl_cpu_best();
  if (level <= SWL_CPU_SCALAR) return SWL_CPU_SCALAR;
  /* NEON stands alone on its architecture: an x86 name there means "no more than scalar". */
  if (best == SWL_CPU_NEON) return level == SWL_CPU_NEON ? SWL_CPU_NEON : SWL_CPU_SCALAR;
  return level < best ? level : best;
}

static swl_cpu resolve(void) {
  swl_cpu level = swl_cpu_best();
  const char *wish = getenv("SWIFTLET_CPU");
  if (wish)
    for (int i = 0; i < SWL_CPU_LEVELS; i++)
      if (strcmp(wish, level_names[i]) == 0) level = clamp((swl_cpu)i);
  return level;
}

swl_cpu swl_cpu_active(void) {
  int level = atomic_load_explicit(&active_level, memory_order_relaxed);
  if (__builtin_expect(level < 0, 0)) {
    level = (int)resolve();
    atomic_store_explicit(&active_level, level, memory_order_relaxed);
  }
  return (swl_cpu)level;
}

swl_cpu swl_cpu_limit(swl_cpu level) {
  swl_cpu now = clamp(level);
  atomic_store_explicit(&active_level, (int)now, memory_order_relaxed);
  return now;
}

const char *swl_cpu_name(swl_cpu level) {
  return (unsigned)level < SWL_CPU_LEVELS ? level_names[level] : "unknown";
}
