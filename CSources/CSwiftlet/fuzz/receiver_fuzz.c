/*
 * A connection's events must not depend on how its stream is cut. The first bytes of an input
 * choose the role, the limits, the CPU level and the cuts; the rest is the stream.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../tests/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < CHOICES) return 0;
  swl_role role = data[0] & 1 ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER;
  swl_limits limits = {sizeof limits, (uint64_t)data[1] * 8, 0, data[2] & 15, 0};
  const swl_limits *given = data[0] & 2 ? &limits : NULL;
  swl_cpu_limit((swl_cpu)(data[0] >> 2 & 7));

  size_t whole[] = {SIZE_MAX}, single[] = {1}, cuts[CHOICES - 3];
  for (size_t i = 0; i < CHOICES - 3; i++) cuts[i] = 1 + (size_t)data[3 + i];
  data += CHOICES;
  size -= CHOICES;
  trace in_one = trace_stream(role, false, given, data, size, whole, 1);
  trace bytewise = trace_stream(role, false, given, data, size, single, 1);
  trace cut = trace_stream(role, false, given, data, size, cuts, CHOICES - 3);
  CHECK(trace_equal(&in_one, &bytewise));
  CHECK(trace_equal(&in_one, &cut));
  trace_free(&in_one);
  trace_free(&bytewise);
  trace_free(&cut);
  return 0;
}
