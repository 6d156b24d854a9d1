/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "guard.h"
#include "utf8_oracle.h"

static utf8_verdict verdict(swl_utf8 state) {
  return state == SWL_UTF8_START     ? UTF8_COMPLETE
         : state == SWL_UTF8_INVALID ? UTF8_IMPOSSIBLE
                                     : UTF8_OPEN;
}

TEST(utf8_takes_and_refuses) {
  static const struct {
    const char *text;
    bool valid;
  } cases[] = {
      {"", true},
      {"Hello", true},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", true},
      {"\xC0\x80", false},
      {"\xE0\x9F\xBF", false},
      {"\xED\xA0\x80", false},
      {"\xF4\x90\x80\x80", false},
      {"\xF0\x8F\xBF\xBF", false},
      {"\x80", false},
      {"\xC3", false},
      {"\xFF", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    CHECK_EQUAL(swl_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
  }
}

/* All sequences of three bytes, and of four whose later ones lie at the edges. */
TEST(utf8_every_sequence_is_refused_at_its_first_impossible_byte) {
  static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++)
      for (int c = 0; c < 256; c++) {
        size_t fourth = a >= 0xF0 ? sizeof edges : 1;
        for (size_t d = 0; d < fourth; d++) {
          uint8_t bytes[] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, edges[d]};
          swl_utf8 state = SWL_UTF8_START;
          for (size_t i = 0; i < 4; i++) {
            state = swl_utf8_update(state, bytes + i, 1);
            if (verdict(state) != utf8_oracle(bytes, i + 1)) {
              TEST_NOTE("%02X %02X %02X %02X, byte %zu", a, b, c, edges[d], i);
              CHECK_EQUAL(verdict(state), utf8_oracle(bytes, i + 1));
            }
          }
        }
      }
}

/* Writes a random character's encoding of `length` bytes. */
static void put_character(uint8_t *out, int length, uint64_t random) {
  static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000},
                        last[] = {0, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
  uint32_t value = first[length] + (uint32_t)(random >> 8) % (last[length] - first[length] + 1);
  if (value >= 0xD800 && value <= 0xDFFF) value ^= 0x1000;
  static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (int i = length - 1; i > 0; i--, value >>= 6) out[i] = (uint8_t)(0x80 | (value & 0x3F));
  out[0] = (uint8_t)(lead[length] | value);
}

/* Text of characters up to `longest` bytes long; the last one may be cut off. */
static void fill_text(uint8_t *out, size_t size, int longest, uint64_t *random) {
  for (size_t i = 0; i < size;) {
    int length = 1 + (int)(test_random(random) >> 33) % longest;
    uint8_t character[4];
    put_character(character, length, test_random(random));
    size_t room = size - i < (size_t)length ? size - i : (size_t)length;
    memcpy(out + i, character, room);
    i += room;
  }
}

/* In one piece, cut in two, and unmasked on the way. */
static void check_text(const guard *guard, const uint8_t *text, size_t size, size_t cut,
                       size_t align) {
  utf8_verdict expected = utf8_oracle(text, size);
  uint8_t *data = align ? guard_front(guard) + align - 1 : guard_back(guard, size);
  if (size) memcpy(data, text, size);
  swl_utf8 state = swl_utf8_update(SWL_UTF8_START, data, size);
  CHECK_EQUAL(verdict(state), expected);
  CHECK_EQUAL(swl_utf8_valid(data, size), expected == UTF8_COMPLETE);
  swl_utf8 first = swl_utf8_update(SWL_UTF8_START, data, cut);
  CHECK_EQUAL(verdict(first), utf8_oracle(text, cut));
  CHECK_EQUAL(swl_utf8_update(first, data + cut, size - cut), state);

  uint32_t key = 0x9A3C5F71, rotated = key;
  swl_mask(data, size, key);
  first = swl_utf8_unmask(SWL_UTF8_START, data, cut, &rotated);
  CHECK_EQUAL(verdict(first), utf8_oracle(text, cut));
  CHECK_EQUAL(swl_utf8_unmask(first, data + cut, size - cut, &rotated), state);
  CHECK(size == 0 || memcmp(data, text, size) == 0);
  uint32_t end = swl_mask(data, size, key);
  CHECK_EQUAL(rotated, end);
}

TEST(utf8_text_of_every_size_and_damage) {
  enum { MAX = 400 };
  uint8_t text[MAX];
  guard guard = guard_new(MAX + 64);
  FOR_EACH_CPU {
    uint64_t random = 7;
    for (size_t size = 0; size <= 300; size++)
      for (int round = 0; round < 48; round++) {
        fill_text(text, size, 1 + round % 4, &random);
        if (round >= 16 && size) {
          size_t at = (test_random(&random) >> 33) % size;
          text[at] = (uint8_t)(test_random(&random) >> 56);
        }
        size_t cut = (test_random(&random) >> 33) % (size + 1);
        size_t align = (test_random(&random) >> 33) % 65;
        TEST_NOTE("size %zu, round %d, cut %zu, alignment %zu", size, round, cut, align);
        check_text(&guard, text, size, cut, align);
      }
  }
  guard_free(&guard);
}

/* Every short ending and every pair of bytes at every place of a vector block, after text of every
 * length of character. */
TEST(utf8_errors_anywhere_in_a_block) {
  enum { SIZE = 200 };
  uint8_t text[SIZE], copy[SIZE];
  guard guard = guard_new(SIZE);
  FOR_EACH_CPU {
    uint64_t random = 11;
    for (int longest = 1; longest <= 4; longest++)
      for (size_t at = 0; at + 4 <= SIZE; at++)
        for (int round = 0; round < 24; round++) {
          static const uint8_t bytes[] = {0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1,
                                          0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF};
          fill_text(text, SIZE, longest, &random);
          memcpy(copy, text, SIZE);
          uint64_t choice = test_random(&random);
          for (size_t i = 0; i < 4; i++, choice >>= 8) {
            if (choice >> 32 & 1) copy[at + i] = bytes[choice & 15];
          }
          size_t size = at + 4 + (choice >> 40) % (SIZE - at - 3);
          TEST_NOTE("longest %d, at %zu, size %zu", longest, at, size);
          check_text(&guard, copy, size, at, 0);
        }
  }
  guard_free(&guard);
}

/* An open character in front of any number of blocks of ASCII. */
TEST(utf8_open_character_before_ascii) {
  static const char *const open[] = {"\xC3", "\xE2\x82", "\xF0\x9F\x98"};
  uint8_t text[1100];
  guard guard = guard_new(sizeof text);
  FOR_EACH_CPU
  for (size_t i = 0; i < 3; i++)
    for (size_t end = 3; end < 600; end++)
      for (size_t size = end; size < sizeof text; size += size < end + 2 ? 1 : 32 - size % 32) {
        memset(text, 'a', sizeof text);
        memcpy(text + end - strlen(open[i]), open[i], strlen(open[i]));
        TEST_NOTE("open %zu, end %zu, size %zu", i, end, size);
        check_text(&guard, text, size, 0, 0);
      }
  guard_free(&guard);
}

/* Sizes for which kernels align their stores first, at every alignment, with an error now and then
 * near the start, where they do that, or near the end. */
TEST(utf8_large_text) {
  enum { SIZE = 20000 };
  static uint8_t text[SIZE];
  guard guard = guard_new(SIZE + 64);
  FOR_EACH_CPU {
    uint64_t random = 13;
    for (size_t align = 0; align <= 64; align++)
      for (int round = 0; round < 8; round++) {
        size_t size = SIZE - (test_random(&random) >> 33) % 300;
        fill_text(text, size, 1 + round % 4, &random);
        uint64_t choice = test_random(&random) >> 20;
        if (round >= 4) text[round % 2 ? choice % 200 : size - 1 - choice % 200] = 0xA9;
        TEST_NOTE("size %zu, round %d, alignment %zu", size, round, align);
        check_text(&guard, text, size, choice % 4, align);
      }
  }
  guard_free(&guard);
}

TEST(utf8_invalid_is_kept) {
  uint32_t key = 0x01020304;
  uint8_t data[] = "abcdefgh";
  CHECK_EQUAL(swl_utf8_update(SWL_UTF8_INVALID, data, 8), SWL_UTF8_INVALID);
  CHECK_EQUAL(swl_utf8_unmask(SWL_UTF8_INVALID, data, 8, &key), SWL_UTF8_INVALID);
  swl_mask(data, 8, 0x01020304);
  CHECK_BYTES(data, "abcdefgh", 8);
}
