/* SPDX-License-Identifier: Apache-2.0 */
#include "../handshake/sha1.h"

#include "../handshake/base64.h"
#include "check.h"

/* FIPS 180-4's examples, as NIST publishes them. */
TEST(sha1_published_examples) {
  static const struct {
    const char *text;
    uint8_t digest[SWL_SHA1_SIZE];
  } examples[] = {
      {"abc", {0xA9, 0x99, 0x3E, 0x36, 0x47, 0x06, 0x81, 0x6A, 0xBA, 0x3E,
               0x25, 0x71, 0x78, 0x50, 0xC2, 0x6C, 0x9C, 0xD0, 0xD8, 0x9D}},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       {0x84, 0x98, 0x3E, 0x44, 0x1C, 0x3B, 0xD2, 0x6E, 0xBA, 0xAE,
        0x4A, 0xA1, 0xF9, 0x51, 0x29, 0xE5, 0xE5, 0x46, 0x70, 0xF1}},
      {"", {0xDA, 0x39, 0xA3, 0xEE, 0x5E, 0x6B, 0x4B, 0x0D, 0x32, 0x55,
            0xBF, 0xEF, 0x95, 0x60, 0x18, 0x90, 0xAF, 0xD8, 0x07, 0x09}},
  };
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    uint8_t digest[SWL_SHA1_SIZE];
    swl_sha1(examples[i].text, strlen(examples[i].text), digest);
    CHECK_BYTES(digest, examples[i].digest, SWL_SHA1_SIZE);
  }
}

/* RFC 4648 §10 */
TEST(base64_of_the_rfc) {
  static const char *const encoded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t size = 0; size <= 6; size++) {
    char text[9] = {0};
    swl_base64((const uint8_t *)"foobar", size, text);
    CHECK_STRING(text, encoded[size]);
  }
}

#if SWL_WITH_OPENSSL
#include <openssl/evp.h>

TEST(sha1_and_base64_equal_openssl) {
  uint8_t data[300];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 167 + 13);
  for (size_t size = 0; size <= sizeof data; size++) {
    uint8_t ours[SWL_SHA1_SIZE], theirs[SWL_SHA1_SIZE];
    swl_sha1(data, size, ours);
    CHECK(EVP_Digest(data, size, theirs, NULL, EVP_sha1(), NULL) == 1);
    TEST_NOTE("size %zu", size);
    CHECK_BYTES(ours, theirs, SWL_SHA1_SIZE);
    char text[401] = {0};
    unsigned char expected[401];
    swl_base64(data, size, text);
    EVP_EncodeBlock(expected, data, (int)size);
    CHECK_STRING(text, (const char *)expected);
  }
}
#endif
