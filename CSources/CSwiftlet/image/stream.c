/*
 * Images that arrive in pieces: integer samples are counted, floating-point samples are kept.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "internal.h"

struct swl_image_stream {
  swl_image_layout layout;
  swl_image_options options; /* of swl_image_stats() for kept samples */
  swl_image_plan plan;
  size_t received;
  size_t width, bins; /* bytes of a sample; values counted a channel, 0 when samples are kept */
  uint64_t *counts;   /* bins a channel */
  uint8_t *kept;
  size_t capacity;
  uint8_t half; /* the first byte of a u16 sample cut in two */
};

static size_t counts_size(const swl_image_stream *stream) {
  return stream->layout.channels * stream->bins * sizeof *stream->counts;
}

int swl_image_stream_begin(const swl_image_layout *layout, const swl_image_options *options,
                           swl_image_stream **stream) {
  swl_image_plan plan;
  if (!stream) return SWL_ERROR_ARGUMENT;
  *stream = NULL;
  int error = swl_image_plan_make(layout, options, &plan);
  if (error) return error;
  if (plan.stride != plan.row_size) return SWL_ERROR_LAYOUT;
  swl_image_stream *fresh = swl_allocate(plan.allocator, sizeof *fresh);
  if (!fresh) return SWL_ERROR_MEMORY;
  *fresh = (swl_image_stream){
      .layout = *layout,
      .options = {sizeof fresh->options, plan.want, plan.method, NULL, 0, plan.allocator},
      .plan = plan,
      .width = swl_pixel_size(layout->pixel),
  };
  if (layout->pixel == SWL_PIXEL_U8) fresh->bins = 256;
  if (layout->pixel == SWL_PIXEL_U16) fresh->bins = 65536;
  if (fresh->bins) {
    fresh->counts = swl_allocate(plan.allocator, counts_size(fresh));
    if (!fresh->counts) {
      swl_release(plan.allocator, fresh);
      return SWL_ERROR_MEMORY;
    }
    memset(fresh->counts, 0, counts_size(fresh));
  }
  *stream = fresh;
  return SWL_OK;
}

/* Counts whole samples, the first of which is sample `index` of the image. */
static void count_samples(swl_image_stream *stream, const uint8_t *data, size_t index,
                          size_t samples) {
  size_t channels = stream->layout.channels;
  for (size_t i = 0; i < channels && i < samples; i++) {
    uint64_t *counts = stream->counts + (index + i) % channels * stream->bins;
    size_t count = (samples - i + channels - 1) / channels;
    if (stream->width == 1)
      swl_count_u8(data + i, count, channels, counts);
    else
      swl_count_u16(data + 2 * i, count, 2 * channels, counts);
  }
}

static void count_bytes(swl_image_stream *stream, const uint8_t *data, size_t size) {
  size_t index = stream->received / stream->width;
  if (stream->received % stream->width) {
    uint8_t sample[2] = {stream->half, data[0]};
    count_samples(stream, sample, index++, 1);
    data++;
    size--;
  }
  size_t samples = size / stream->width;
  count_samples(stream, data, index, samples);
  if (size % stream->width) stream->half = data[size - 1];
}

static int keep_bytes(swl_image_stream *stream, const uint8_t *data, size_t size) {
  size_t needed = stream->received + size;
  if (needed > stream->capacity) {
    size_t capacity = stream->capacity > stream->plan.image_size / 2 ? stream->plan.image_size
                                                                     : stream->capacity * 2;
    if (capacity < needed) capacity = needed;
    uint8_t *grown = swl_reallocate(stream->plan.allocator, stream->kept, capacity);
    if (!grown) return SWL_ERROR_MEMORY;
    stream->kept = grown;
    stream->capacity = capacity;
  }
  memcpy(stream->kept + stream->received, data, size);
  return SWL_OK;
}

int swl_image_stream_update(swl_image_stream *stream, const void *data, size_t size) {
  if (!stream || (!data && size > 0)) return SWL_ERROR_ARGUMENT;
  if (size > stream->plan.image_size - stream->received) return SWL_ERROR_LAYOUT;
  if (size == 0) return SWL_OK;
  if (stream->bins) {
    count_bytes(stream, data, size);
  } else {
    int error = keep_bytes(stream, data, size);
    if (error) return error;
  }
  stream->received += size;
  return SWL_OK;
}

int swl_image_stream_finish(swl_image_stream *stream, swl_image_result *results) {
  if (!stream || !results) return SWL_ERROR_ARGUMENT;
  if (stream->received < stream->plan.image_size) return SWL_ERROR_LAYOUT;
  if (stream->bins) {
    memset(results, 0, stream->layout.channels * sizeof *results);
    for (size_t channel = 0; channel < stream->layout.channels; channel++)
      swl_counts_result(stream->counts + channel * stream->bins, stream->bins, stream->plan.want,
                        &results[channel]);
    memset(stream->counts, 0, counts_size(stream));
  } else {
    int error =
        swl_image_stats(stream->kept, stream->received, &stream->layout, &stream->options, results);
    if (error) return error;
  }
  stream->received = 0;
  return SWL_OK;
}

void swl_image_stream_free(swl_image_stream *stream) {
  if (!stream) return;
  const swl_allocator *allocator = stream->plan.allocator;
  swl_release(allocator, stream->counts);
  swl_release(allocator, stream->kept);
  swl_release(allocator, stream);
}
