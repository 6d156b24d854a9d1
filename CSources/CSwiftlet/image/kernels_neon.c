/* SPDX-License-Identifier: Apache-2.0 */
#include "../cpu/cpu.h"

#if SWL_NEON
#include "ops_neon.h"
/* The kernels, once for all types of integers and once for each real type. */
#include "integer_kernels.h"
#define REAL f32
#define REAL_TYPE float
#include "real_kernels.h"
#define REAL f64
#define REAL_TYPE double
#include "real_kernels.h"

const swl_image_kernels swl_image_neon = {
    tally_u8,       tally_u16,      next_u8,       next_u16,      sift_u8,
    sift_u16,       squares_u8,     squares_u16,   extent_f32,    extent_f64,
    deviations_f32, deviations_f64, partition_f32, partition_f64,
};
#endif
