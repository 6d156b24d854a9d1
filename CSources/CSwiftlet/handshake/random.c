/*
 * Random bytes for a client's keys and masks, RFC 6455 §4.1 and §5.3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base64.h"
#include "swiftlet.h"

/* Requests over this go around the pool: it would only be refilled for them. */
enum { POOLED_MAX = 256 };

/* The system's generator, which a signal may interrupt. */
static int fill_from_system(uint8_t *out, size_t size) {
  int saved = errno;
  while (size) {
    ssize_t count = getrandom(out, size, 0);
    if (count < 0 && errno != EINTR) break;
    if (count < 0) continue;
    out += count;
    size -= (size_t)count;
  }
  errno = saved;
  return size ? SWL_ERROR_CRYPTO : SWL_OK;
}

int swl_random_fill(swl_random *pool, void *out, size_t size) {
  if (size > POOLED_MAX) return fill_from_system(out, size);
  if (size > pool->left) {
    pool->left = 0;
    int result = fill_from_system(pool->bytes, sizeof pool->bytes);
    if (result < 0) return result;
    pool->left = sizeof pool->bytes;
  }
  pool->left -= (uint32_t)size;
  if (size) memcpy(out, pool->bytes + pool->left, size);
  return SWL_OK;
}

int swl_key_new(swl_random *pool, char *key) {
  uint8_t nonce[16];
  int result = swl_random_fill(pool, nonce, sizeof nonce);
  if (result < 0) return result;
  swl_base64(nonce, sizeof nonce, key);
  return SWL_OK;
}
