/*
 * CPU dispatch for the rooms. A room keeps one implementation of each kernel a level and picks by
 * swl_cpu_active(); a level without an implementation of its own uses the one below it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_CPU_H
#define SWL_CPU_H

#include "swiftlet.h"

#if defined(__x86_64__)
#define SWL_X86 1
#include <immintrin.h>
#define SWL_TARGET_SSE2 __attribute__((target("sse2")))
#define SWL_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define SWL_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,lzcnt,popcnt")))
#elif defined(__aarch64__)
#define SWL_NEON 1
#include <arm_neon.h>
#endif

#define SWL_CPU_LEVELS 5

#endif
