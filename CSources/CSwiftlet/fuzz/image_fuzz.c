/*
 * Every method and CPU level gives the bits of the scalar reference, and a stream in pieces those
 * of the whole image, whatever the layout and the bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_stream(const uint8_t *pixels, size_t size, swl_image_layout layout,
                         const swl_image_options *options, size_t cut,
                         const swl_image_result *expected) {
  swl_image_stream *stream;
  swl_image_result results[4];
  layout.stride = 0;
  CHECK(swl_image_stream_begin(&layout, options, &stream) == SWL_OK);
  for (size_t at = 0; at < size;) {
    size_t piece = size - at < cut ? size - at : cut;
    CHECK(swl_image_stream_update(stream, pixels + at, piece) == SWL_OK);
    at += piece;
    cut = cut * 3 + 1;
  }
  CHECK(swl_image_stream_finish(stream, results) == SWL_OK);
  CHECK(memcmp(results, expected, layout.channels * sizeof results[0]) == 0);
  swl_image_stream_free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 10) return 0;
  swl_image_layout layout = {.pixel = (swl_pixel)(data[0] % 4), .channels = 1 + data[0] / 4 % 4};
  uint32_t want = data[1] % 32;
  size_t copies = 1 + (data[2] | (size_t)data[3] << 8) % 2048, gap = data[4] % 32;
  size_t cut = 1 + data[5], offset = data[6] % 16;
  layout.columns = 1 + (data[7] | (size_t)data[8] << 8) % 1024;
  uint8_t step = data[9]; /* makes copies differ */
  data += 10;
  size -= 10;

  /* Copies of the input, so that small inputs make images of the size large ones are treated. */
  size_t row = layout.columns * layout.channels << layout.pixel;
  if (size * copies > 1 << 19) copies = (1 << 19) / size;
  size_t total = size * copies;
  layout.stride = gap ? row + gap : 0;
  layout.rows = total / (row + gap);
  if (layout.rows == 0) return 0;
  uint8_t *memory = malloc(total + offset), *pixels = memory + offset;
  CHECK(memory != NULL);
  for (size_t i = 0; i < copies; i++)
    for (size_t j = 0; j < size; j++) pixels[i * size + j] = (uint8_t)(data[j] + i * step);
  size_t used = (layout.rows - 1) * (row + gap) + row;

  swl_image_options options = {.size = sizeof options, .want = want, .method = SWL_METHOD_SCALAR};
  swl_image_result expected[4], results[4];
  size_t result_size = layout.channels * sizeof results[0];
  CHECK(swl_image_stats(pixels, used, &layout, &options, expected) == SWL_OK);
  for (int level = SWL_CPU_SCALAR; level <= SWL_CPU_NEON; level++) {
    if (swl_cpu_limit((swl_cpu)level) != (swl_cpu)level) continue;
    for (int m = SWL_METHOD_AUTO; m <= SWL_METHOD_QUICKSELECT; m++) {
      bool real = layout.pixel == SWL_PIXEL_F32 || layout.pixel == SWL_PIXEL_F64;
      options.method = (swl_image_method)m;
      int error = swl_image_stats(pixels, used, &layout, &options, results);
      if (error == SWL_ERROR_UNSUPPORTED) continue;
      CHECK(error == SWL_OK);
      if (m == SWL_METHOD_BLAS && real) continue; /* may differ by rounding */
      CHECK(memcmp(results, expected, result_size) == 0);
    }
  }
  swl_cpu_limit(swl_cpu_best());
  options.method = SWL_METHOD_AUTO;
  if (gap == 0) check_stream(pixels, used, layout, &options, cut, expected);
  free(memory);
  return 0;
}
