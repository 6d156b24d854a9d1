/*
 * JSON texts read by simdjson, as tokens that C and Swift can walk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWIFTLET_CSIMDJSON_H
#define SWIFTLET_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum json_kind {
  JSON_KIND_NULL,
  JSON_KIND_FALSE,
  JSON_KIND_TRUE,
  JSON_KIND_INT,
  /** A whole number above INT64_MAX. */
  JSON_KIND_UINT,
  JSON_KIND_DOUBLE,
  JSON_KIND_STRING,
  /** Elements follow, then an end. */
  JSON_KIND_ARRAY,
  /** Names, which are strings, each with its value follow, then an end. */
  JSON_KIND_OBJECT,
  JSON_KIND_END,
} json_kind;

typedef struct json_token {
  json_kind kind;
  /** Bytes of a string, elements of an array, members of an object; of the last two JSON_MAX_COUNT
   * where there are that many or more. */
  uint32_t size;
  union {
    int64_t number;
    uint64_t magnitude;
    double real;
    /** UTF-8 without escapes and without a terminator. */
    const char *text;
  } value;
} json_token;

typedef enum json_result {
  JSON_RESULT_VALUE,
  JSON_RESULT_INVALID,
  JSON_RESULT_TOO_DEEP,
  /** No memory for it, or it has 4 GiB or more. */
  JSON_RESULT_TOO_LARGE,
  JSON_RESULT_NOT_UTF8,
} json_result;

/** Arrays and objects within one another, of which an empty one does not count. */
#define JSON_MAX_DEPTH 990

#define JSON_MAX_COUNT 0xFFFFFF

/**
 * Reads one JSON value with nothing but white space around it (RFC 8259). Refuses whole numbers
 * beyond 64 bits, numbers beyond a double's range and surrogates without their other half.
 *
 * On JSON_RESULT_VALUE `tokens` are the value's, valid until the calling thread's next call.
 * Otherwise `message` is a sentence for people that lives for ever. A thread keeps memory of about
 * 40 bytes for each byte of a text, that of a large text until its next call.
 */
json_result json_parse(const void *text, size_t size, const json_token **tokens,
                       const char **message);

#ifdef __cplusplus
}
#endif

#endif
