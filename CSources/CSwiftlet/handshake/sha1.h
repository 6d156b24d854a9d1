/*
 * SHA-1 (FIPS 180-4) as small as the accept key needs it, for builds without OpenSSL. It is no
 * protection here: RFC 6455 uses it to tell a WebSocket server from others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_HANDSHAKE_SHA1_H
#define SWL_HANDSHAKE_SHA1_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SWL_SHA1_SIZE 20

static inline uint32_t swl_sha1_rotate(uint32_t x, int bits) {
  return x << bits | x >> (32 - bits);
}

static inline void swl_sha1_block(uint32_t state[5], const uint8_t block[64]) {
  uint32_t w[80];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  for (int i = 16; i < 80; i++)
    w[i] = swl_sha1_rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int i = 0; i < 80; i++) {
    uint32_t f, k;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ED9EBA1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDC;
    } else {
      f = b ^ c ^ d;
      k = 0xCA62C1D6;
    }
    uint32_t next = swl_sha1_rotate(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = swl_sha1_rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

static inline void swl_sha1(const void *data, size_t size, uint8_t digest[SWL_SHA1_SIZE]) {
  uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const uint8_t *bytes = data;
  size_t left = size;
  for (; left >= 64; bytes += 64, left -= 64) swl_sha1_block(state, bytes);
  /* The end: what is left, one bit, zeros, and the length in bits, in one block or two. */
  uint8_t end[128] = {0};
  if (left) memcpy(end, bytes, left);
  end[left] = 0x80;
  size_t length = left < 56 ? 64 : 128;
  uint64_t bits = (uint64_t)size * 8;
  for (size_t i = 0; i < 8; i++) end[length - 1 - i] = (uint8_t)(bits >> (8 * i));
  for (size_t i = 0; i < length; i += 64) swl_sha1_block(state, end + i);
  for (size_t i = 0; i < SWL_SHA1_SIZE; i++)
    digest[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
}

#endif
