/*
 * Sec-WebSocket-Accept, RFC 6455 §1.3 and §4.2.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

#include "swiftlet.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

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

int swl_accept_key(const char *key, char *accept) {
  char text[SWL_KEY_SIZE + sizeof GUID];
  memcpy(text, key, SWL_KEY_SIZE);
  memcpy(text + SWL_KEY_SIZE, GUID, sizeof GUID);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const EVP_MD *md = sha1();
  if (!md || EVP_Digest(text, sizeof text - 1, digest, &size, md, NULL) != 1 || size != 20)
    return SWL_ERROR_CRYPTO;
  unsigned char encoded[SWL_ACCEPT_SIZE + 1]; /* EVP_EncodeBlock() writes a terminator */
  EVP_EncodeBlock(encoded, digest, 20);
  memcpy(accept, encoded, SWL_ACCEPT_SIZE);
  return SWL_OK;
}
