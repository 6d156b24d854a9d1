/*
 * Sec-WebSocket-Accept, RFC 6455 §1.3 and §4.2.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "swiftlet.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* OpenSSL's is the faster one: where the machine has SHA instructions it uses them. */
#if SWL_WITH_OPENSSL
#include <openssl/evp.h>
#include <stdatomic.h>

/* Fetching SHA-1 costs more than computing it, so it is fetched once and kept until the process
 * ends. Of racing first calls one wins and the others give theirs back. */
static const EVP_MD *sha1(void) {
  static _Atomic(EVP_MD *) kept;
  EVP_MD *md = atomic_load_explicit(&kept, memory_order_acquire);
  if (md) return md;
  EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA1", NULL);
  if (!fetched) return NULL;
  if (atomic_compare_exchange_strong(&kept, &md, fetched)) return fetched;
  EVP_MD_free(fetched);
  return md;
}

static int encode_digest(const char *text, size_t size, char *accept) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const EVP_MD *md = sha1();
  if (!md || EVP_Digest(text, size, digest, &length, md, NULL) != 1 || length != 20)
    return SWL_ERROR_CRYPTO;
  unsigned char encoded[SWL_ACCEPT_SIZE + 1]; /* EVP_EncodeBlock() writes a terminator */
  EVP_EncodeBlock(encoded, digest, 20);
  memcpy(accept, encoded, SWL_ACCEPT_SIZE);
  return SWL_OK;
}
#else
#include "sha1.h"

static int encode_digest(const char *text, size_t size, char *accept) {
  uint8_t digest[SWL_SHA1_SIZE];
  swl_sha1(text, size, digest);
  swl_base64(digest, sizeof digest, accept);
  return SWL_OK;
}
#endif

int swl_accept_key(const char *key, char *accept) {
  char text[SWL_KEY_SIZE + sizeof GUID];
  memcpy(text, key, SWL_KEY_SIZE);
  memcpy(text + SWL_KEY_SIZE, GUID, sizeof GUID);
  return encode_digest(text, sizeof text - 1, accept);
}
