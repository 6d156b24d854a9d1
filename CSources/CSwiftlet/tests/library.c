/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

TEST(library_version_is_the_headers) {
  char text[32];
  snprintf(text, sizeof text, "%d.%d.%d", SWL_VERSION_MAJOR, SWL_VERSION_MINOR, SWL_VERSION_PATCH);
  CHECK_STRING(swl_version(), text);
  CHECK_STRING(swl_version(), SWL_VERSION_STRING);
}

static const int errors[] = {
    SWL_OK,
    SWL_ERROR_ARGUMENT,
    SWL_ERROR_MEMORY,
    SWL_ERROR_CRYPTO,
    SWL_ERROR_SPACE,
    SWL_ERROR_STATE,
    SWL_ERROR_QUEUE,
    SWL_ERROR_RESERVED_BITS,
    SWL_ERROR_OPCODE,
    SWL_ERROR_MASK,
    SWL_ERROR_FRAME_LENGTH,
    SWL_ERROR_CONTROL_LENGTH,
    SWL_ERROR_CONTROL_FRAGMENT,
    SWL_ERROR_CONTINUATION,
    SWL_ERROR_CLOSE_PAYLOAD,
    SWL_ERROR_CLOSE_CODE,
    SWL_ERROR_UTF8,
    SWL_ERROR_MESSAGE_SIZE,
    SWL_ERROR_FRAGMENTS,
    SWL_ERROR_FRAME_SIZE,
    SWL_ERROR_CONTROL_RATE,
    SWL_ERROR_DEFLATE,
    SWL_ERROR_HTTP_SYNTAX,
    SWL_ERROR_HTTP_SIZE,
    SWL_ERROR_HTTP_VERSION,
    SWL_ERROR_RESPONSE_STATUS,
    SWL_ERROR_RESPONSE_UPGRADE,
    SWL_ERROR_RESPONSE_ACCEPT,
    SWL_ERROR_RESPONSE_PROTOCOL,
    SWL_ERROR_RESPONSE_EXTENSION,
    SWL_ERROR_EMPTY,
    SWL_ERROR_LAYOUT,
    SWL_ERROR_UNSUPPORTED,
};

TEST(library_every_error_has_its_own_sentence) {
  size_t count = sizeof errors / sizeof errors[0];
  for (size_t i = 0; i < count; i++) {
    const char *text = swl_strerror(errors[i]);
    TEST_NOTE("error %d", errors[i]);
    CHECK(strlen(text) > 4 && text[strlen(text) - 1] != '.');
    for (size_t j = 0; j < i; j++) CHECK(strcmp(text, swl_strerror(errors[j])) != 0);
  }
  CHECK_STRING(swl_strerror(-999), "Unknown error");
  CHECK_STRING(swl_strerror(1), "Unknown error");
}

TEST(library_close_codes) {
  for (int error = SWL_ERROR_RESERVED_BITS; error >= SWL_ERROR_CLOSE_CODE; error--)
    CHECK_EQUAL(swl_error_close_code(error), 1002);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_UTF8), 1007);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_MESSAGE_SIZE), 1009);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_FRAGMENTS), 1009);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_FRAME_SIZE), 1009);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_CONTROL_RATE), 1008);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_DEFLATE), 1007);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_MEMORY), 1011);
  CHECK_EQUAL(swl_error_close_code(SWL_ERROR_HTTP_SYNTAX), 1011);
  CHECK_EQUAL(swl_error_close_code(-999), 1011);
}
