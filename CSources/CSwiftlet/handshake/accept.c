/*
 * Sec-WebSocket-Accept, RFC 6455 §1.3 and §4.2.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base64.h"
#include "swiftlet.h"

enum { SHA1_SIZE = 20 };

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

static int digest_of(const char *text, size_t size, uint8_t digest[SHA1_SIZE]) {
  const EVP_MD *md = sha1();
  return md && EVP_Digest(text, size, digest, NULL, md, NULL) == 1 ? SWL_OK : SWL_ERROR_CRYPTO;
}
#else
#include "sha1.h"

static int digest_of(const char *text, size_t size, uint8_t digest[SHA1_SIZE]) {
  swl_sha1(text, size, digest);
  return SWL_OK;
}
#endif

int swl_accept_key(const char *key, char *accept) {
  char text[SWL_KEY_SIZE + sizeof GUID];
  memcpy(text, key, SWL_KEY_SIZE);
  memcpy(text + SWL_KEY_SIZE, GUID, sizeof GUID);
  uint8_t digest[SHA1_SIZE];
  int result = digest_of(text, sizeof text - 1, digest);
  if (result < 0) return result;
  swl_base64(digest, sizeof digest, accept);
  return SWL_OK;
}
