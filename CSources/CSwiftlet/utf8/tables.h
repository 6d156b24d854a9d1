/*
 * Tables for validation by lookup, after J. Keiser and D. Lemire, "Validating UTF-8 In Less Than
 * One Instruction Per Byte", Software: Practice and Experience 51 (5), 2021.
 *
 * Every pair of bytes that cannot follow each other is wrong for a reason that shows in three
 * nibbles: the two of the first byte and the high one of the second. Each reason is a bit; a pair
 * is wrong when some bit is set in the entries of all three. That leaves third and fourth bytes of
 * longer characters: there TWO_CONTINUATIONS must be set, elsewhere it must not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_UTF8_TABLES_H
#define SWL_UTF8_TABLES_H

#include <stdint.h>

enum {
  TOO_SHORT = 1,           /* a lead byte and no continuation */
  TOO_LONG = 2,            /* ASCII and a continuation */
  OVERLONG_3 = 4,          /* E0 80..9F */
  SURROGATE = 8,           /* ED A0..BF */
  OVERLONG_2 = 16,         /* C0..C1 and a continuation */
  TOO_LARGE = 32,          /* F4..FF 90..BF */
  OVERLONG_4 = 64,         /* F0 80..8F; also F5..FF 80..8F, which are too large */
  TWO_CONTINUATIONS = 128, /* right exactly for third and fourth bytes */
  ANY_LOW = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS, /* do not depend on the low nibble */
};

/* By the high nibble of the first byte. */
static const uint8_t swl_utf8_first_high[16] = {
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | OVERLONG_4,
};

/* By the low nibble of the first byte. */
static const uint8_t swl_utf8_first_low[16] = {
    ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4,
    ANY_LOW | OVERLONG_2,
    ANY_LOW,
    ANY_LOW,
    ANY_LOW | TOO_LARGE,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4 | SURROGATE,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
    ANY_LOW | TOO_LARGE | OVERLONG_4,
};

/* By the high nibble of the second byte. */
#define CONTINUATION (TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS)
static const uint8_t swl_utf8_second_high[16] = {
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    CONTINUATION | OVERLONG_3 | OVERLONG_4,
    CONTINUATION | OVERLONG_3 | TOO_LARGE,
    CONTINUATION | SURROGATE | TOO_LARGE,
    CONTINUATION | SURROGATE | TOO_LARGE,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
};
#undef CONTINUATION

#endif
