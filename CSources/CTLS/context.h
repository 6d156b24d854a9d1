/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWIFTLET_CTLS_CONTEXT_H
#define SWIFTLET_CTLS_CONTEXT_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "CTLS.h"

struct tls_context {
  atomic_int users;
  size_t count;
  /* A server's differ by their certificates; sessions begin with the first. */
  SSL_CTX *variants[];
};

void tls_context_retain(tls_context *context);

#endif
