/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWIFTLET_CTLS_SESSION_H
#define SWIFTLET_CTLS_SESSION_H

#include <openssl/ssl.h>

#include "CTLS.h"

/* The most plaintext of a record, and what it may grow by. */
#define RECORD_SIZE 16384
#define RECORD_OVERHEAD 256
/* Records that leave by one send(). */
#define OUTPUT_CAPACITY (4 * (RECORD_SIZE + RECORD_OVERHEAD))
struct tls_output {
  size_t count;
  unsigned char bytes[OUTPUT_CAPACITY];
  /* Small parts are put together here, so that they share a record. */
  unsigned char record[RECORD_SIZE];
};

struct tls_session {
  SSL *ssl;
  tls_context *context;
  tls_output *output;
  /* Records the socket did not take. */
  unsigned char *held;
  size_t held_start;
  size_t held_end;
  const char *reason;
  uint64_t received;
  uint32_t messages;
  int socket;
  /* What ended the connection, as an errno value. */
  int error;
  enum tls_failure failure;
  bool established;
  /* The socket gave less than it was asked for in this call: the next try would be in vain. */
  bool drained;
  bool more;
  bool ended;
};

/* Sends what was gathered, and holds what does not go. */
void tls_flush_output(tls_session *session);

#endif
