/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

size_t swl_pixel_size(swl_pixel pixel) {
  switch (pixel) {
    case SWL_PIXEL_U8:
      return 1;
    case SWL_PIXEL_U16:
      return 2;
    case SWL_PIXEL_F32:
      return 4;
    case SWL_PIXEL_F64:
      return 8;
  }
  return 0;
}

swl_plane swl_plane_array(const void *samples, size_t count, size_t width) {
  return (swl_plane){samples, 1, count, count * width, width, width};
}

swl_plane swl_plane_make(const void *pixels, const swl_image_layout *layout, uint32_t channel) {
  size_t width = swl_pixel_size(layout->pixel);
  swl_plane plane = {
      .samples = (const uint8_t *)pixels + channel * width,
      .rows = layout->rows,
      .columns = layout->columns,
      .stride = layout->stride,
      .step = layout->channels * width,
      .width = width,
  };
  size_t packed = plane.columns * plane.step;
  if (plane.stride == 0 || plane.stride == packed) {
    plane.columns *= plane.rows;
    plane.rows = 1;
    plane.stride = plane.columns * plane.step;
  }
  return plane;
}

/* Whether the rows themselves can be spans: adjacent samples, and rows that are worth a kernel's
 * call and leave the sixteen lanes of the floating-point sums as they found them. */
static bool spans_are_rows(const swl_plane *plane) {
  if (plane->step != plane->width) return false;
  if (plane->rows == 1) return true;
  return plane->columns >= 256 && (plane->width <= 2 || plane->columns % 16 == 0);
}

void swl_spans_begin(swl_spans *spans, const swl_plane *plane) {
  spans->plane = plane;
  spans->row = 0;
  spans->column = 0;
}

/* Copies `count` samples that lie `step` bytes apart. */
static void gather(uint8_t *out, const uint8_t *in, size_t count, size_t step, size_t width) {
  if (step == width) {
    memcpy(out, in, count * width);
    return;
  }
  switch (width) {
    case 1:
      for (size_t i = 0; i < count; i++) out[i] = in[i * step];
      return;
    case 2:
      for (size_t i = 0; i < count; i++) memcpy(out + 2 * i, in + i * step, 2);
      return;
    case 4:
      for (size_t i = 0; i < count; i++) memcpy(out + 4 * i, in + i * step, 4);
      return;
    default:
      for (size_t i = 0; i < count; i++) memcpy(out + 8 * i, in + i * step, 8);
  }
}

size_t swl_spans_next(swl_spans *spans, const uint8_t **samples) {
  const swl_plane *plane = spans->plane;
  if (spans->row == plane->rows) return 0;
  if (spans_are_rows(plane)) {
    *samples = plane->samples + spans->row++ * plane->stride;
    return plane->columns;
  }
  size_t room = SWL_BLOCK_SIZE / plane->width;
  size_t held = 0;
  while (held < room && spans->row < plane->rows) {
    size_t count = plane->columns - spans->column;
    if (count > room - held) count = room - held;
    gather(spans->block + held * plane->width,
           plane->samples + spans->row * plane->stride + spans->column * plane->step, count,
           plane->step, plane->width);
    held += count;
    spans->column += count;
    if (spans->column == plane->columns) {
      spans->column = 0;
      spans->row++;
    }
  }
  *samples = spans->block;
  return held;
}

size_t swl_plane_sample(const swl_plane *plane, void *out, size_t count) {
  /* One run in each of equal slices. Where in its slice follows the golden ratio, so that no
   * period of the image can hide from all runs. */
  const uint32_t golden = 0x9E3779B9u;
  size_t total = plane->rows * plane->columns;
  /* Neighbours tell less than samples far apart, but cost less; in a large image that counts for
   * little. */
  size_t run = plane->width == 1 ? 32 : 16 / plane->width;
  if (total / count >= 128 && run > 4) run = 4;
  size_t runs = count / run;
  size_t slice = total / runs;
  size_t held = 0;
  uint32_t phase = 0;
  for (size_t i = 0; i < runs; i++, phase += golden) {
    size_t room = slice - run;
    size_t at = i * slice + (size_t)(((uint64_t)phase * (room & UINT32_MAX)) >> 32);
    size_t row = plane->rows == 1 ? 0 : at / plane->columns;
    size_t column = at - row * plane->columns;
    size_t length = plane->columns - column < run ? plane->columns - column : run;
    gather((uint8_t *)out + held * plane->width,
           plane->samples + row * plane->stride + column * plane->step, length, plane->step,
           plane->width);
    held += length;
  }
  return held;
}
