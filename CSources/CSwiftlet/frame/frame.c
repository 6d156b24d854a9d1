/*
 * Frame headers, RFC 6455 §5.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "frame.h"

static uint64_t read_big_endian(const uint8_t *data, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value = value << 8 | data[i];
  return value;
}

int swl_frame_length(const uint8_t *data, size_t size, uint64_t *length) {
  if (size < 2) return 0;
  unsigned first = data[1] & 0x7Fu;
  if (first < 126) {
    *length = first;
    return 2;
  }
  if (first == 126) {
    if (size < 4) return 0;
    *length = read_big_endian(data + 2, 2);
    return *length < 126 ? SWL_ERROR_FRAME_LENGTH : 4;
  }
  if (size >= 3 && data[2] & 0x80) return SWL_ERROR_FRAME_LENGTH;
  if (size >= 8 && read_big_endian(data + 2, 6) == 0) return SWL_ERROR_FRAME_LENGTH;
  if (size < 10) return 0;
  *length = read_big_endian(data + 2, 8);
  return 10;
}

int swl_frame_parse(const void *data, size_t size, swl_frame *frame) {
  const uint8_t *bytes = data;
  uint64_t length;
  int header = swl_frame_length(bytes, size, &length);
  if (header <= 0) return header;
  bool masked = bytes[1] & 0x80;
  uint32_t mask = 0;
  if (masked) {
    if (size < (size_t)header + 4) return 0;
    memcpy(&mask, bytes + header, 4);
    header += 4;
  }
  *frame = (swl_frame){
      .length = length,
      .mask = mask,
      .opcode = bytes[0] & 0x0F,
      .header_size = (uint8_t)header,
      .fin = bytes[0] & 0x80,
      .masked = masked,
      .reserved = bytes[0] >> 4 & 7,
  };
  return header;
}

size_t swl_frame_write(void *out, const swl_frame *frame) {
  uint8_t *bytes = out;
  uint64_t length = frame->length;
  bytes[0] =
      (uint8_t)((frame->fin ? 0x80 : 0) | (frame->reserved & 7) << 4 | (frame->opcode & 0x0F));
  int extended = length < 126 ? 0 : length <= UINT16_MAX ? 2 : 8;
  bytes[1] = extended == 0 ? (uint8_t)length : extended == 2 ? 126 : 127;
  for (int i = 0; i < extended; i++) bytes[2 + i] = (uint8_t)(length >> 8 * (extended - 1 - i));
  size_t size = 2 + (size_t)extended;
  if (frame->masked) {
    bytes[1] |= 0x80;
    memcpy(bytes + size, &frame->mask, 4);
    size += 4;
  }
  return size;
}
