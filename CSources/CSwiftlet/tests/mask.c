/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "check.h"
#include "guard.h"

static const uint8_t key_bytes[4] = {0x37, 0xFA, 0x21, 0x3D};

static uint32_t key_at(size_t phase) {
  uint8_t rotated[4];
  for (size_t i = 0; i < 4; i++) rotated[i] = key_bytes[(phase + i) % 4];
  uint32_t key;
  memcpy(&key, rotated, 4);
  return key;
}

/* In place and copied, `size` bytes at `data` and `target`. */
static void check_mask(uint8_t *data, uint8_t *target, size_t size, size_t phase) {
  uint8_t *expected = malloc(size + 1);
  test_fill(data, size, size);
  for (size_t i = 0; i < size; i++) expected[i] = data[i] ^ key_bytes[(phase + i) % 4];
  uint32_t copy_key = swl_mask_copy(target, data, size, key_at(phase));
  uint32_t key = swl_mask(data, size, key_at(phase));
  bool equal =
      size == 0 || (memcmp(data, expected, size) == 0 && memcmp(target, expected, size) == 0);
  free(expected);
  CHECK(equal);
  CHECK_EQUAL(key, key_at(phase + size));
  CHECK_EQUAL(copy_key, key);
}

TEST(mask_rfc_example) {
  uint8_t data[] = {0x7F, 0x9F, 0x4D, 0x51, 0x58};
  FOR_EACH_CPU {
    CHECK_EQUAL(swl_mask(data, 5, key_at(0)), key_at(1));
    CHECK_BYTES(data, "Hello", 5);
    swl_mask(data, 5, key_at(0));
  }
  CHECK_EQUAL(swl_mask(NULL, 0, key_at(3)), key_at(3));
}

TEST(mask_sizes_alignments_phases) {
  static const size_t large[] = {511, 1000, 4095, 65537};
  guard from = guard_new(65537 + 64), to = guard_new(65537 + 64);
  FOR_EACH_CPU
  for (size_t i = 0; i <= 256 + 4; i++) {
    size_t size = i <= 256 ? i : large[i - 257];
    for (size_t align = 0; align < 64; align++) {
      size_t phase = (size + align) % 4;
      TEST_NOTE("size %zu, alignment %zu, phase %zu", size, align, phase);
      check_mask(guard_back(&from, size + align), guard_back(&to, size), size, phase);
      check_mask(guard_front(&from) + align, guard_front(&to), size, (phase + 1) % 4);
      check_mask(guard_back(&from, size), guard_back(&to, size + align), size, (phase + 2) % 4);
      check_mask(guard_front(&from), guard_front(&to) + align, size, (phase + 3) % 4);
    }
  }
  guard_free(&from);
  guard_free(&to);
}

TEST(mask_writes_nothing_around) {
  uint8_t data[512];
  FOR_EACH_CPU
  for (size_t size = 0; size <= 300; size++) {
    memset(data, 0x5A, sizeof data);
    swl_mask(data + 65, size, key_at(1));
    for (size_t i = 0; i < sizeof data; i++)
      if (i < 65 || i >= 65 + size) CHECK_EQUAL(data[i], 0x5A);
  }
}
