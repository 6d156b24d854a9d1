/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "CPlatform.h"
#include "context.h"

/*
 * Messages of the protocol itself (key updates, tickets, warnings) that a peer may send once the
 * handshake is done, at first and for each so many bytes of data: each costs far more than it
 * weighs.
 */
#define FREE_MESSAGES 32
#define BYTES_PER_MESSAGE 65536
/* Records that one call reads, tiny ones too, which cost what large ones do. */
#define RECORDS_PER_RECEIVE 64

/* ---- Output ---- */

static void fail_session(tls_session *session, int error) {
  if (session->error == 0) session->error = error;
}

/* Sends from `bytes` what the socket takes. */
static size_t send_records(tls_session *session, const unsigned char *bytes, size_t size) {
  size_t sent = 0;
  while (sent < size && session->error == 0) {
    ssize_t count = platform_send(session->socket, bytes + sent, size - sent);
    if (count >= 0) {
      sent += (size_t)count;
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      fail_session(session, errno);
    }
  }
  return sent;
}

static void hold(tls_session *session, const unsigned char *bytes, size_t size) {
  size_t kept = session->held_end - session->held_start;
  unsigned char *held = malloc(kept + size);
  if (!held) {
    fail_session(session, ENOMEM);
    return;
  }
  if (kept > 0) memcpy(held, session->held + session->held_start, kept);
  memcpy(held + kept, bytes, size);
  free(session->held);
  session->held = held;
  session->held_start = 0;
  session->held_end = kept + size;
}

void tls_flush_output(tls_session *session) {
  tls_output *output = session->output;
  size_t size = output->count;
  if (size == 0) return;
  output->count = 0;
  size_t sent = session->held ? 0 : send_records(session, output->bytes, size);
  if (sent < size && session->error == 0) hold(session, output->bytes + sent, size - sent);
}

int tls_flush(tls_session *session) {
  if (session->held) {
    session->held_start += send_records(session, session->held + session->held_start,
                                        session->held_end - session->held_start);
    if (session->held_start == session->held_end) {
      free(session->held);
      session->held = NULL;
      session->held_start = session->held_end = 0;
    }
  }
  if (session->error == 0 && !session->held) return 0;
  errno = session->error ? session->error : EAGAIN;
  return -1;
}

bool tls_is_holding(const tls_session *session) { return session->held != NULL; }

/* ---- OpenSSL's way to the socket ---- */

static bool asks_too_much(const tls_session *session) {
  return session->messages > FREE_MESSAGES + session->received / BYTES_PER_MESSAGE;
}

static int read_socket(BIO *bio, char *bytes, int size) {
  tls_session *session = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (session->ended) return 0;
  if (asks_too_much(session)) fail_session(session, EPROTO);
  if (session->error != 0) return -1;
  ssize_t count = -1;
  if (!session->drained) {
    count = platform_receive(session->socket, bytes, (size_t)size);
    session->drained = count < size;
    session->ended = count == 0;
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      fail_session(session, errno);
      return -1;
    }
  }
  if (count < 0) BIO_set_retry_read(bio);
  return (int)count;
}

/* Never refuses: what the socket does not take is held. */
static int write_socket(BIO *bio, const char *bytes, int size) {
  tls_session *session = BIO_get_data(bio);
  tls_output *output = session->output;
  BIO_clear_retry_flags(bio);
  size_t done = 0;
  while (done < (size_t)size) {
    if (output->count == OUTPUT_CAPACITY) tls_flush_output(session);
    size_t part = (size_t)size - done;
    if (part > OUTPUT_CAPACITY - output->count) part = OUTPUT_CAPACITY - output->count;
    memcpy(output->bytes + output->count, bytes + done, part);
    output->count += part;
    done += part;
  }
  return session->error == 0 ? size : -1;
}

static long control_socket(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *socket_method;
static pthread_once_t socket_method_made = PTHREAD_ONCE_INIT;

static void make_socket_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "swiftlet socket");
  if (!method) return;
  BIO_meth_set_read(method, read_socket);
  BIO_meth_set_write(method, write_socket);
  BIO_meth_set_ctrl(method, control_socket);
  socket_method = method;
}

/* ---- Sessions ---- */

tls_output *tls_output_new(void) {
  tls_output *output = malloc(sizeof *output);
  if (output) output->count = 0;
  return output;
}

void tls_output_free(tls_output *output) { free(output); }

/* Called at each step of a handshake, and for each message of the protocol after it. */
static void note_step(const SSL *ssl, int where, int value) {
  (void)value;
  tls_session *session = SSL_get_app_data(ssl);
  if (session->established && where & (SSL_CB_LOOP | SSL_CB_ALERT)) session->messages++;
}

static tls_session *new_session(tls_context *context, int socket, tls_output *output) {
  pthread_once(&socket_method_made, make_socket_method);
  tls_session *session = calloc(1, sizeof *session);
  SSL *ssl = SSL_new(context->variants[0]);
  BIO *bio = socket_method ? BIO_new(socket_method) : NULL;
  if (!session || !ssl || !bio) {
    free(session);
    SSL_free(ssl);
    BIO_free(bio);
    ERR_clear_error();
    return NULL;
  }
  BIO_set_data(bio, session);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, session);
  SSL_set_info_callback(ssl, note_step);
  tls_context_retain(context);
  session->ssl = ssl;
  session->context = context;
  session->output = output;
  session->socket = socket;
  return session;
}

tls_session *tls_session_accept(tls_context *context, int socket, tls_output *output) {
  tls_session *session = new_session(context, socket, output);
  if (session) SSL_set_accept_state(session->ssl);
  return session;
}

tls_session *tls_session_connect(tls_context *context, int socket, tls_output *output,
                                 const char *host) {
  tls_session *session = new_session(context, socket, output);
  if (!session) return NULL;
  SSL_set_connect_state(session->ssl);
  X509_VERIFY_PARAM *rules = SSL_get0_param(session->ssl);
  /* Names of addresses are not sent (RFC 6066 section 3). */
  bool is_address = X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1;
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (!is_address && (X509_VERIFY_PARAM_set1_host(rules, host, 0) != 1 ||
                      SSL_set_tlsext_host_name(session->ssl, host) != 1)) {
    tls_session_free(session);
    session = NULL;
  }
  ERR_clear_error();
  return session;
}

void tls_session_free(tls_session *session) {
  if (!session) return;
  SSL_free(session->ssl);
  tls_context_release(session->context);
  free(session->held);
  free(session);
}

/* ---- Data ---- */

bool tls_has_more(const tls_session *session) { return session->more; }

ssize_t tls_receive(tls_session *session, void *buffer, size_t size) {
  session->drained = false;
  session->more = true;
  ERR_clear_error();
  size_t count = 0;
  int records = 0;
  int error = SSL_ERROR_NONE;
  while (count < size && error == SSL_ERROR_NONE && records++ < RECORDS_PER_RECEIVE) {
    size_t part = 0;
    int result = SSL_read_ex(session->ssl, (char *)buffer + count, size - count, &part);
    if (result != 1) error = SSL_get_error(session->ssl, result);
    count += part;
    session->received += part;
  }
  if (error == SSL_ERROR_WANT_READ) session->more = false;
  if (error != SSL_ERROR_NONE) ERR_clear_error();
  tls_flush_output(session);
  /* What ended it is found again by the next call. */
  if (count > 0) return (ssize_t)count;
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = session->error ? session->error : error == SSL_ERROR_WANT_READ ? EAGAIN : ECONNRESET;
  return -1;
}

/* One record, or the end of the connection. */
static bool write_record(tls_session *session, const void *bytes, size_t size) {
  size_t written = 0;
  if (SSL_write_ex(session->ssl, bytes, size, &written) != 1) fail_session(session, ECONNABORTED);
  return session->error == 0;
}

/* Sends when no further record would fit. False when the socket takes no more for now, or ever. */
static bool make_room(tls_session *session) {
  if (OUTPUT_CAPACITY - session->output->count < RECORD_SIZE + RECORD_OVERHEAD)
    tls_flush_output(session);
  return session->error == 0 && !session->held;
}

static ssize_t finish_send(tls_session *session, size_t sent) {
  tls_flush_output(session);
  if (session->error == 0) return (ssize_t)sent;
  ERR_clear_error();
  errno = session->error;
  return -1;
}

ssize_t tls_send(tls_session *session, const void *bytes, size_t size) {
  if (tls_flush(session) != 0) return -1;
  ERR_clear_error();
  size_t sent = 0;
  while (sent < size && make_room(session)) {
    size_t part = size - sent < RECORD_SIZE ? size - sent : RECORD_SIZE;
    if (!write_record(session, (const char *)bytes + sent, part)) break;
    sent += part;
  }
  return finish_send(session, sent);
}

ssize_t tls_send_parts(tls_session *session, const struct iovec *parts, size_t count) {
  if (tls_flush(session) != 0) return -1;
  ERR_clear_error();
  size_t sent = 0;
  size_t index = 0;
  size_t done = 0; /* of parts[index] */
  while (index < count && make_room(session)) {
    size_t left = parts[index].iov_len - done;
    const char *from = (const char *)parts[index].iov_base + done;
    if (left >= RECORD_SIZE) {
      /* From where it lies. */
      if (!write_record(session, from, RECORD_SIZE)) break;
      sent += RECORD_SIZE;
      done += RECORD_SIZE;
      continue;
    }
    size_t gathered = 0;
    while (index < count && gathered < RECORD_SIZE) {
      left = parts[index].iov_len - done;
      from = (const char *)parts[index].iov_base + done;
      size_t part = left < RECORD_SIZE - gathered ? left : RECORD_SIZE - gathered;
      if (part > 0) memcpy(session->output->record + gathered, from, part);
      gathered += part;
      done += part;
      if (done < parts[index].iov_len) break;
      index++;
      done = 0;
    }
    if (gathered > 0 && !write_record(session, session->output->record, gathered)) break;
    sent += gathered;
  }
  return finish_send(session, sent);
}

void tls_end(tls_session *session) {
  if (!session->established || session->error != 0) return;
  if (SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN) return;
  ERR_clear_error();
  SSL_shutdown(session->ssl);
  ERR_clear_error();
  tls_flush_output(session);
}
