/*
 * The public functions over whole images: validation, memory, and the choice of kernels.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "internal.h"

#define SCRATCH_ALIGNMENT 64

static const swl_image_kernels *kernels_for(swl_image_method method) {
  if (method == SWL_METHOD_SCALAR) return &swl_image_scalar;
  switch (swl_cpu_active()) {
#if SWL_X86
    case SWL_CPU_AVX512:
      return &swl_image_avx512;
    case SWL_CPU_AVX2:
      return &swl_image_avx2;
    case SWL_CPU_SSE2:
      return &swl_image_sse2;
#elif SWL_NEON
    case SWL_CPU_NEON:
      return &swl_image_neon;
#endif
    default:
      return &swl_image_scalar;
  }
}

/* SWL_WITH_BLAS as a value: without BLAS it need not be defined. */
#if SWL_WITH_BLAS
#define HAVE_BLAS 1
#else
#define HAVE_BLAS 0
#endif

static int check_options(swl_pixel pixel, const swl_image_options *options, swl_image_plan *plan) {
  plan->want = SWL_STATS_BASIC;
  plan->method = SWL_METHOD_AUTO;
  plan->allocator = NULL;
  if (!options) return SWL_OK;
  if (options->size < sizeof *options) return SWL_ERROR_ARGUMENT;
  if (options->want & ~(uint32_t)SWL_STATS_ALL) return SWL_ERROR_ARGUMENT;
  if (options->want) plan->want = options->want;
  if (plan->want & SWL_STATS_VARIANCE) plan->want |= SWL_STATS_MEAN;
  plan->method = options->method;
  plan->allocator = options->allocator;
  bool real = pixel == SWL_PIXEL_F32 || pixel == SWL_PIXEL_F64;
  switch (options->method) {
    case SWL_METHOD_AUTO:
    case SWL_METHOD_SCALAR:
    case SWL_METHOD_SIMD:
    case SWL_METHOD_QUICKSELECT:
      return SWL_OK;
    case SWL_METHOD_BLAS:
      return HAVE_BLAS ? SWL_OK : SWL_ERROR_UNSUPPORTED;
    case SWL_METHOD_HISTOGRAM:
      return real ? SWL_ERROR_UNSUPPORTED : SWL_OK;
  }
  return SWL_ERROR_ARGUMENT;
}

/* Scratch memory for one channel of `count` samples; channels follow each other in it. */
static size_t scratch_size(swl_pixel pixel, const swl_image_plan *plan, size_t count) {
  if (!(plan->want & SWL_STATS_MEDIAN)) return 0;
  switch (pixel) {
    case SWL_PIXEL_U8:
      return plan->method == SWL_METHOD_QUICKSELECT ? count : 0;
    case SWL_PIXEL_U16:
      if (plan->method == SWL_METHOD_HISTOGRAM) return 65536 * sizeof(uint64_t);
      return plan->method == SWL_METHOD_QUICKSELECT ? count * 2 : 0;
    default:
      return count * swl_pixel_size(pixel) + SWL_PARTITION_SLACK;
  }
}

int swl_image_plan_make(const swl_image_layout *layout, const swl_image_options *options,
                        swl_image_plan *plan) {
  size_t last;
  if (!layout) return SWL_ERROR_ARGUMENT;
  size_t width = swl_pixel_size(layout->pixel);
  if (width == 0 || layout->channels < 1 || layout->channels > 4) return SWL_ERROR_ARGUMENT;
  int error = check_options(layout->pixel, options, plan);
  if (error) return error;
  if (layout->rows == 0 || layout->columns == 0) return SWL_ERROR_EMPTY;
  if (__builtin_mul_overflow(layout->columns, layout->channels * width, &plan->row_size))
    return SWL_ERROR_LAYOUT;
  plan->stride = layout->stride ? layout->stride : plan->row_size;
  if (plan->stride < plan->row_size) return SWL_ERROR_LAYOUT;
  if (__builtin_mul_overflow(layout->rows - 1, plan->stride, &last) ||
      __builtin_add_overflow(last, plan->row_size, &plan->image_size) ||
      plan->image_size > PTRDIFF_MAX)
    return SWL_ERROR_LAYOUT;
  plan->scratch_size = scratch_size(layout->pixel, plan, layout->rows * layout->columns);
  if (plan->scratch_size > 0) plan->scratch_size += SCRATCH_ALIGNMENT - 1;
  return SWL_OK;
}

size_t swl_image_scratch_size(const swl_image_layout *layout, const swl_image_options *options) {
  swl_image_plan plan;
  return swl_image_plan_make(layout, options, &plan) ? 0 : plan.scratch_size;
}

/* The caller's scratch memory, or fresh memory that has to be released; SWL_OK or an error. */
static int take_scratch(const swl_image_plan *plan, const swl_image_options *options,
                        void **scratch, bool *owned) {
  *scratch = NULL;
  *owned = false;
  if (plan->scratch_size == 0) return SWL_OK;
  if (options && options->scratch) {
    if (options->scratch_size < plan->scratch_size) return SWL_ERROR_SPACE;
    *scratch = options->scratch;
    return SWL_OK;
  }
  *scratch = swl_allocate(plan->allocator, plan->scratch_size);
  *owned = true;
  return *scratch ? SWL_OK : SWL_ERROR_MEMORY;
}

static void compute(const void *pixels, const swl_image_layout *layout, const swl_image_plan *plan,
                    void *scratch, swl_image_result *results) {
  uintptr_t aligned = ((uintptr_t)scratch + SCRATCH_ALIGNMENT - 1) & -(uintptr_t)SCRATCH_ALIGNMENT;
  for (uint32_t channel = 0; channel < layout->channels; channel++) {
    swl_plane plane = swl_plane_make(pixels, layout, channel);
    swl_plane_job job = {&plane, kernels_for(plan->method), plan->method, plan->want,
                         (void *)aligned};
    memset(&results[channel], 0, sizeof results[channel]);
    switch (layout->pixel) {
      case SWL_PIXEL_U8:
      case SWL_PIXEL_U16:
        swl_stats_integer(&job, &results[channel]);
        break;
      case SWL_PIXEL_F32:
        swl_stats_f32(&job, &results[channel]);
        break;
      case SWL_PIXEL_F64:
        swl_stats_f64(&job, &results[channel]);
        break;
    }
  }
}

int swl_image_stats(const void *pixels, size_t size, const swl_image_layout *layout,
                    const swl_image_options *options, swl_image_result *results) {
  swl_image_plan plan;
  void *scratch;
  bool owned;
  int error = swl_image_plan_make(layout, options, &plan);
  if (error) return error;
  if (size < plan.image_size) return SWL_ERROR_LAYOUT;
  if (!pixels || !results) return SWL_ERROR_ARGUMENT;
  error = take_scratch(&plan, options, &scratch, &owned);
  if (error) return error;
  compute(pixels, layout, &plan, scratch, results);
  if (owned) swl_release(plan.allocator, scratch);
  return SWL_OK;
}

int swl_image_stats_batch(const void *const *pixels, size_t count, const swl_image_layout *layout,
                          const swl_image_options *options, swl_image_result *results) {
  swl_image_plan plan;
  void *scratch;
  bool owned;
  int error = swl_image_plan_make(layout, options, &plan);
  if (error || count == 0) return error;
  if (!pixels || !results) return SWL_ERROR_ARGUMENT;
  error = take_scratch(&plan, options, &scratch, &owned);
  if (error) return error;
  for (size_t i = 0; i < count && !error; i++) {
    if (!pixels[i])
      error = SWL_ERROR_ARGUMENT;
    else
      compute(pixels[i], layout, &plan, scratch, results + i * layout->channels);
  }
  if (owned) swl_release(plan.allocator, scratch);
  return error;
}
