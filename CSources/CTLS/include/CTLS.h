/*
 * TLS (1.2 and 1.3) for the loop's sockets, by OpenSSL: contexts made from PEM files, and sessions
 * whose calls behave like recv() and send(), so that the loop handles both kinds of connections
 * alike.
 *
 * A context may be used on any thread. Sessions and their tls_output belong to one thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWIFTLET_CTLS_H
#define SWIFTLET_CTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* ---- Contexts ---- */

/** What sessions share: certificates or authorities, tickets' keys, the cache. Counts its users. */
typedef struct tls_context tls_context;

/** Why files do not make a context. */
enum tls_problem_kind {
  TLS_PROBLEM_NONE,
  /** `error` says why the file cannot be read. */
  TLS_PROBLEM_CERTIFICATE_UNREADABLE,
  TLS_PROBLEM_KEY_UNREADABLE,
  /** There is none in the file, or it is malformed. */
  TLS_PROBLEM_CERTIFICATE_MALFORMED,
  TLS_PROBLEM_KEY_MALFORMED,
  /** The key can only be read with a password. */
  TLS_PROBLEM_KEY_ENCRYPTED,
  /** The key is not that of the file's first certificate. */
  TLS_PROBLEM_KEY_MISMATCH,
  /** `detail` is when it expired, or begins to be valid. */
  TLS_PROBLEM_EXPIRED,
  TLS_PROBLEM_NOT_YET_VALID,
  /** OpenSSL's reason is in `detail`: a key too small, no memory, ... */
  TLS_PROBLEM_OTHER
};

struct tls_problem {
  enum tls_problem_kind kind;
  /** An errno value, or 0. */
  int error;
  char detail[128];
};

/**
 * A server's context with `count` certificates, leaf first and then its chain in each file, and
 * their keys. A client gets the first whose names hold the one it asks for (SNI), else the first of
 * all. NULL with
 * `*problem` and the number of the pair in `*pair` when that cannot be.
 */
tls_context *tls_context_server(const char *const *certificates, const char *const *keys,
                                size_t count, size_t *pair, struct tls_problem *problem);

/**
 * A client's context. `authorities` names a PEM file of the only certificates to trust; NULL for
 * the system's. With `checks` false whoever answers is believed. NULL with `*problem` when that
 * cannot be.
 */
tls_context *tls_context_client(const char *authorities, bool checks, struct tls_problem *problem);

/** Takes back the caller's use. Sessions keep theirs. */
void tls_context_release(tls_context *context);

/* ---- Sessions ---- */

/** Where the sessions of a thread gather records, so that several leave by one send(). */
typedef struct tls_output tls_output;

/** NULL without memory. To be freed after the sessions. */
tls_output *tls_output_new(void);
void tls_output_free(tls_output *output);

/** TLS on one socket, which stays the caller's. */
typedef struct tls_session tls_session;

/** NULL without memory. */
tls_session *tls_session_accept(tls_context *context, int socket, tls_output *output);

/** `host` is the name or address the server must prove, where the context has sessions check. */
tls_session *tls_session_connect(tls_context *context, int socket, tls_output *output,
                                 const char *host);

/** Sends nothing: without tls_end() before it the peer sees a stream that was cut. NULL is nothing
 * to do. */
void tls_session_free(tls_session *session);

enum tls_progress { TLS_ESTABLISHED, TLS_WAITS, TLS_FAILED };

/** Goes on with the handshake as far as what has arrived allows. After TLS_FAILED only free the
 * session. */
enum tls_progress tls_handshake(tls_session *session);

/** Why a handshake failed. */
enum tls_failure {
  /** HTTP in clear. */
  TLS_FAILURE_HTTP,
  /** Something else that is not TLS. */
  TLS_FAILURE_NOT_TLS,
  /** No common version, cipher, group or application protocol. */
  TLS_FAILURE_NO_COMMON,
  /** The peer said no, by an alert: mostly to the certificate. */
  TLS_FAILURE_ALERT,
  /** The peer ended the connection. */
  TLS_FAILURE_ENDED,
  /** The peer's certificate did not pass: see tls_verification(). */
  TLS_FAILURE_CERTIFICATE,
  TLS_FAILURE_OTHER
};

enum tls_failure tls_failure(const tls_session *session);

/** OpenSSL's words for the failure; static. */
const char *tls_failure_reason(const tls_session *session);

/** What was wrong with the server's certificate. */
enum tls_verification {
  TLS_VERIFICATION_EXPIRED,
  TLS_VERIFICATION_NOT_YET_VALID,
  TLS_VERIFICATION_SELF_SIGNED,
  TLS_VERIFICATION_UNKNOWN_ISSUER,
  TLS_VERIFICATION_WRONG_HOST,
  /** tls_failure_reason() says what. */
  TLS_VERIFICATION_OTHER
};

enum tls_verification tls_verification(const tls_session *session);

/** Whether an earlier session was resumed, once established. */
bool tls_resumed(const tls_session *session);

/**
 * Like recv() on a non-blocking socket: the bytes read, 0 when the peer has ended in order
 * (close_notify), or -1 with errno: EAGAIN, or what else means that the connection is lost, also
 * where the peer ended without a word. Reads until `size` bytes are there or the socket is empty.
 */
ssize_t tls_receive(tls_session *session, void *buffer, size_t size);

/** Whether the last call left input which the socket will not announce: it must be called again,
 * unasked. */
bool tls_has_more(const tls_session *session);

/**
 * Like send() and sendmsg() on a non-blocking socket: the bytes taken, or -1 with errno. Records
 * that were made but not taken by the socket are held, and go out by the next call or by
 * tls_flush().
 */
ssize_t tls_send(tls_session *session, const void *bytes, size_t size);
ssize_t tls_send_parts(tls_session *session, const struct iovec *parts, size_t count);

/** Whether records are held until the socket takes more. */
bool tls_is_holding(const tls_session *session);

/** Sends what is held. 0, or -1 with errno, EAGAIN where some is still held. */
int tls_flush(tls_session *session);

/** Tells the peer that nothing more comes (close_notify), once. Holds it like other records. */
void tls_end(tls_session *session);

#endif
