/*
 * For the files ops_*.h, which give the kernels one set of vector operations at each CPU level.
 * Before it is included, TARGET is the level's target attribute.
 *
 * Integer vectors `vi` hold VECTOR bytes. Suffixes name the samples an operation sees. Vectors of
 * reals are v_f32 and v_f64, results of comparisons m_f32 and m_f64.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <string.h>

#include "internal.h"
#include "rounded.h"

/* Without optimisation every inlined operation keeps its own stack slots: a debug build's kernels
 * would need megabytes of stack. */
#if defined(__OPTIMIZE__)
#define OP TARGET static inline __attribute__((always_inline, unused))
#else
#define OP TARGET static inline __attribute__((unused))
#endif

/* GCC unrolls short loops over arrays of vectors, and so keeps them in registers, only when told;
 * Clang does by itself. */
#if defined(__clang__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
