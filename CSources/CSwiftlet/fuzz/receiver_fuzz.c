/*
 * A receiver's events must not depend on how its stream is cut. The first bytes of an input choose
 * the role, compression, the limits, the CPU level and the cuts; the rest is the stream.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../tests/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
  CHOICES = 10,
  CUTS = 5,
  SHORT = 200, /* up to this size a stream is cut in two at every place */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < CHOICES) return 0;
  swl_role role = data[0] & 1 ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER;
  bool compression = data[0] & 2;
  swl_cpu_limit((swl_cpu)(data[0] >> 3 & 7));
  swl_limits limits = {.size = sizeof limits,
                       .max_message_size = (uint64_t)data[1] * 8,
                       .max_frame_size = (uint64_t)data[2] * 4,
                       .max_fragments = data[3] & 15,
                       .max_controls = data[4] & 15};
  const swl_limits *given = data[0] & 4 ? &limits : NULL;
  size_t cuts[CUTS];
  for (size_t i = 0; i < CUTS; i++) cuts[i] = 1 + (size_t)data[CHOICES - CUTS + i];
  data += CHOICES;
  size -= CHOICES;

  size_t two[] = {SIZE_MAX, SIZE_MAX}, single[] = {1};
  trace expected = trace_stream(role, compression, given, data, size, two, 1);
  trace bytewise = trace_stream(role, compression, given, data, size, single, 1);
  CHECK(trace_equal(&bytewise, &expected));
  trace_free(&bytewise);
  trace cut = trace_stream(role, compression, given, data, size, cuts, CUTS);
  CHECK(trace_equal(&cut, &expected));
  trace_free(&cut);
  for (two[0] = 1; two[0] < size && size <= SHORT; two[0]++) {
    cut = trace_stream(role, compression, given, data, size, two, 2);
    CHECK(trace_equal(&cut, &expected));
    trace_free(&cut);
  }
  trace_free(&expected);
  return 0;
}
