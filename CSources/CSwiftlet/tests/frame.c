/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "guard.h"

/* RFC 6455 §5.7 */
TEST(frame_rfc_examples) {
  static const struct {
    uint8_t bytes[16];
    size_t given;
    int size;
    swl_frame frame;
  } examples[] = {
      {{0x81, 0x05}, 2, 2, {.fin = true, .opcode = SWL_OPCODE_TEXT, .length = 5}},
      {{0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D},
       6,
       6,
       {.fin = true, .opcode = SWL_OPCODE_TEXT, .length = 5, .masked = true}},
      {{0x01, 0x03}, 2, 2, {.opcode = SWL_OPCODE_TEXT, .length = 3}},
      {{0x80, 0x02}, 2, 2, {.fin = true, .length = 2}},
      {{0x89, 0x05}, 2, 2, {.fin = true, .opcode = SWL_OPCODE_PING, .length = 5}},
      {{0x82, 0x7E, 0x01, 0x00}, 4, 4, {.fin = true, .opcode = SWL_OPCODE_BINARY, .length = 256}},
      {{0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0},
       10,
       10,
       {.fin = true, .opcode = SWL_OPCODE_BINARY, .length = 65536}},
  };
  guard guard = guard_new(16);
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    TEST_NOTE("example %zu", i);
    uint8_t *bytes = guard_back(&guard, examples[i].given);
    memcpy(bytes, examples[i].bytes, examples[i].given);
    swl_frame frame;
    for (size_t part = 0; part < examples[i].given; part++) {
      uint8_t *front = guard_back(&guard, part);
      memcpy(front, examples[i].bytes, part);
      CHECK_EQUAL(swl_frame_parse(front, part, &frame), 0);
    }
    memcpy(bytes, examples[i].bytes, examples[i].given);
    CHECK_EQUAL(swl_frame_parse(bytes, examples[i].given, &frame), examples[i].size);
    CHECK_EQUAL(frame.header_size, examples[i].size);
    CHECK_EQUAL(frame.length, examples[i].frame.length);
    CHECK_EQUAL(frame.opcode, examples[i].frame.opcode);
    CHECK_EQUAL(frame.fin, examples[i].frame.fin);
    CHECK_EQUAL(frame.masked, examples[i].frame.masked);
    CHECK_EQUAL(frame.reserved, 0);
    if (frame.masked) CHECK_BYTES(&frame.mask, examples[i].bytes + 2, 4);
  }
  guard_free(&guard);
}

TEST(frame_write_whole_is_the_plain_case_of_write) {
  static const uint64_t lengths[] = {0, 1, 125, 126, 65535, 65536, INT64_MAX};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    swl_frame frame = {.length = lengths[i], .fin = true, .opcode = SWL_OPCODE_TEXT};
    uint8_t expected[SWL_FRAME_HEADER_MAX], out[SWL_FRAME_HEADER_MAX];
    size_t size = swl_frame_write(expected, &frame);
    TEST_NOTE("length %llu", (unsigned long long)lengths[i]);
    CHECK_EQUAL(swl_frame_write_whole(out, SWL_OPCODE_TEXT, lengths[i]), size);
    CHECK(memcmp(out, expected, size) == 0);
  }
}

TEST(frame_write_then_parse) {
  static const uint64_t lengths[] = {0,     1,     125,        126,         127,
                                     65535, 65536, 0xFFFFFFFF, 0x100000000, INT64_MAX};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
    for (int bits = 0; bits < 512; bits++) {
      swl_frame frame = {.length = lengths[i],
                         .fin = bits & 1,
                         .masked = bits & 2,
                         .reserved = (uint8_t)(bits >> 2 & 7),
                         .opcode = (uint8_t)(bits >> 5)};
      if (frame.masked) frame.mask = 0xDEADBEEF;
      guard guard = guard_new(SWL_FRAME_HEADER_MAX);
      uint8_t *out = guard_back(&guard, SWL_FRAME_HEADER_MAX);
      size_t size = swl_frame_write(out, &frame);
      TEST_NOTE("length %llu, bits %d", (unsigned long long)lengths[i], bits);
      swl_frame read;
      CHECK_EQUAL(swl_frame_parse(out, size - 1, &read), 0);
      CHECK_EQUAL(swl_frame_parse(out, size, &read), size);
      CHECK_EQUAL(read.length, frame.length);
      CHECK_EQUAL(read.mask, frame.mask);
      CHECK_EQUAL(read.opcode, frame.opcode);
      CHECK_EQUAL(read.reserved, frame.reserved);
      CHECK_EQUAL(read.fin, frame.fin);
      CHECK_EQUAL(read.masked, frame.masked);
      CHECK_EQUAL(read.header_size, size);
      guard_free(&guard);
    }
}

TEST(frame_lengths_that_are_not_minimal) {
  swl_frame frame;
  CHECK_EQUAL(swl_frame_parse("\x82\x7E\x00\x7D", 4, &frame), SWL_ERROR_FRAME_LENGTH);
  CHECK_EQUAL(swl_frame_parse("\x82\x7E\x00\x7E", 4, &frame), 4);
  CHECK_EQUAL(swl_frame_parse("\x82\x7F\0\0\0\0\0\0\xFF\xFF", 10, &frame), SWL_ERROR_FRAME_LENGTH);
  CHECK_EQUAL(swl_frame_parse("\x82\x7F\x80\0\0\0\0\1\0\0", 10, &frame), SWL_ERROR_FRAME_LENGTH);
  /* As soon as the bytes show it. */
  CHECK_EQUAL(swl_frame_parse("\x82\x7F\x80", 3, &frame), SWL_ERROR_FRAME_LENGTH);
  CHECK_EQUAL(swl_frame_parse("\x82\x7F\0\0\0\0\0\0", 8, &frame), SWL_ERROR_FRAME_LENGTH);
  CHECK_EQUAL(swl_frame_parse("\x82\x7F\0\0\0\0\0", 7, &frame), 0);
}
