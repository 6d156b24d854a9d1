/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Forward secrecy and authenticated encryption, as all of TLS 1.3's ciphers have. */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"
/* Sessions kept for clients that resume without tickets. */
#define CACHED_SESSIONS 4096

static const unsigned char http_1_1[] = "\x08http/1.1";

static void set_problem(struct tls_problem *problem, enum tls_problem_kind kind) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  *problem = (struct tls_problem){.kind = kind};
  snprintf(problem->detail, sizeof problem->detail, "%s", reason ? reason : "out of memory");
  ERR_clear_error();
}

/* ---- Certificates and keys ---- */

static BIO *open_file(const char *path, enum tls_problem_kind kind, struct tls_problem *problem) {
  errno = 0;
  BIO *file = BIO_new_file(path, "r");
  int error = errno;
  /* A folder can be opened, but not read. */
  char byte;
  if (file && BIO_read(file, &byte, 1) < 0) {
    error = errno;
    BIO_free(file);
    file = NULL;
  }
  if (!file) {
    set_problem(problem, kind);
    problem->error = error;
    return NULL;
  }
  BIO_reset(file);
  return file;
}

static int refuse_password(char *buffer, int size, int writing, void *asked) {
  (void)buffer, (void)size, (void)writing;
  *(bool *)asked = true;
  return -1;
}

static void print_time(const ASN1_TIME *time, struct tls_problem *problem) {
  BIO *text = BIO_new(BIO_s_mem());
  if (!text) return;
  ASN1_TIME_print(text, time);
  int count = BIO_read(text, problem->detail, (int)sizeof problem->detail - 1);
  problem->detail[count > 0 ? count : 0] = 0;
  BIO_free(text);
}

static bool is_in_force(X509 *certificate, struct tls_problem *problem) {
  const ASN1_TIME *end = X509_get0_notAfter(certificate);
  const ASN1_TIME *begin = X509_get0_notBefore(certificate);
  if (X509_cmp_current_time(end) < 0) {
    set_problem(problem, TLS_PROBLEM_EXPIRED);
    print_time(end, problem);
    return false;
  }
  if (X509_cmp_current_time(begin) > 0) {
    set_problem(problem, TLS_PROBLEM_NOT_YET_VALID);
    print_time(begin, problem);
    return false;
  }
  return true;
}

/* The server's certificate and those between it and an authority. */
static bool use_certificates(SSL_CTX *variant, const char *path, struct tls_problem *problem) {
  BIO *file = open_file(path, TLS_PROBLEM_CERTIFICATE_UNREADABLE, problem);
  if (!file) return false;
  bool used = false;
  X509 *certificate = PEM_read_bio_X509_AUX(file, NULL, NULL, NULL);
  if (!certificate) {
    set_problem(problem, TLS_PROBLEM_CERTIFICATE_MALFORMED);
  } else if (is_in_force(certificate, problem)) {
    used = SSL_CTX_use_certificate(variant, certificate) == 1;
    if (!used) set_problem(problem, TLS_PROBLEM_OTHER);
  }
  X509_free(certificate);
  while (used && (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL))) {
    if (SSL_CTX_add0_chain_cert(variant, certificate) == 1) continue;
    X509_free(certificate);
    set_problem(problem, TLS_PROBLEM_OTHER);
    used = false;
  }
  if (used && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    set_problem(problem, TLS_PROBLEM_CERTIFICATE_MALFORMED);
    used = false;
  }
  ERR_clear_error();
  BIO_free(file);
  return used;
}

static bool use_key(SSL_CTX *variant, const char *path, struct tls_problem *problem) {
  BIO *file = open_file(path, TLS_PROBLEM_KEY_UNREADABLE, problem);
  if (!file) return false;
  bool asked = false;
  bool used = false;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, refuse_password, &asked);
  if (!key) {
    set_problem(problem, asked ? TLS_PROBLEM_KEY_ENCRYPTED : TLS_PROBLEM_KEY_MALFORMED);
  } else if (X509_check_private_key(SSL_CTX_get0_certificate(variant), key) != 1) {
    set_problem(problem, TLS_PROBLEM_KEY_MISMATCH);
  } else {
    used = SSL_CTX_use_PrivateKey(variant, key) == 1;
    if (!used) set_problem(problem, TLS_PROBLEM_OTHER);
  }
  EVP_PKEY_free(key);
  BIO_free(file);
  return used;
}

/* ---- What is agreed on ---- */

/* What is spoken here, or the no_application_protocol alert (RFC 7301 section 3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *size,
                           const unsigned char *offered, unsigned int offered_size,
                           void *argument) {
  (void)ssl, (void)argument;
  unsigned char *found;
  if (SSL_select_next_proto(&found, size, http_1_1, sizeof http_1_1 - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

static int choose_certificate(SSL *ssl, int *alert, void *argument) {
  (void)alert;
  const tls_context *context = argument;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  for (size_t index = 0; index < context->count; index++) {
    X509 *certificate = SSL_CTX_get0_certificate(context->variants[index]);
    if (X509_check_host(certificate, name, 0, 0, NULL) != 1) continue;
    if (index > 0) SSL_set_SSL_CTX(ssl, context->variants[index]);
    return SSL_TLSEXT_ERR_OK;
  }
  /* A name of no certificate: the client judges the first one. */
  return SSL_TLSEXT_ERR_NOACK;
}

/* ---- Contexts ---- */

static tls_context *new_context(size_t count, struct tls_problem *problem) {
  tls_context *context = calloc(1, sizeof *context + count * sizeof(SSL_CTX *));
  if (context) {
    atomic_init(&context->users, 1);
  } else {
    set_problem(problem, TLS_PROBLEM_OTHER);
  }
  return context;
}

static SSL_CTX *add_variant(tls_context *context, const SSL_METHOD *method,
                            struct tls_problem *problem) {
  SSL_CTX *variant = SSL_CTX_new(method);
  if (!variant || SSL_CTX_set_min_proto_version(variant, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(variant, CIPHERS_1_2) != 1) {
    SSL_CTX_free(variant);
    set_problem(problem, TLS_PROBLEM_OTHER);
    return NULL;
  }
  SSL_CTX_set_options(variant, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  /* An idle session keeps no buffers; input is read a buffer at a time instead of a record's parts.
   */
  SSL_CTX_set_mode(variant, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(variant, 1);
  context->variants[context->count++] = variant;
  return variant;
}

tls_context *tls_context_server(const char *const *certificates, const char *const *keys,
                                size_t count, size_t *pair, struct tls_problem *problem) {
  tls_context *context = new_context(count, problem);
  for (*pair = 0; context && *pair < count; ++*pair) {
    SSL_CTX *variant = add_variant(context, TLS_server_method(), problem);
    if (!variant || !use_certificates(variant, certificates[*pair], problem) ||
        !use_key(variant, keys[*pair], problem)) {
      tls_context_release(context);
      return NULL;
    }
    static const unsigned char name[] = "swiftlet";
    SSL_CTX_set_session_id_context(variant, name, sizeof name - 1);
    SSL_CTX_sess_set_cache_size(variant, CACHED_SESSIONS);
    SSL_CTX_set_alpn_select_cb(variant, choose_protocol, NULL);
    SSL_CTX_set_tlsext_servername_callback(variant, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(variant, context);
  }
  return context;
}

tls_context *tls_context_client(const char *authorities, bool checks, struct tls_problem *problem) {
  tls_context *context = new_context(1, problem);
  if (!context) return NULL;
  SSL_CTX *variant = add_variant(context, TLS_client_method(), problem);
  bool made = variant && SSL_CTX_set_alpn_protos(variant, http_1_1, sizeof http_1_1 - 1) == 0;
  if (made && checks) {
    SSL_CTX_set_verify(variant, SSL_VERIFY_PEER, NULL);
    if (!authorities) {
      made = SSL_CTX_set_default_verify_paths(variant) == 1;
    } else {
      BIO *file = open_file(authorities, TLS_PROBLEM_CERTIFICATE_UNREADABLE, problem);
      if (!file) {
        tls_context_release(context);
        return NULL;
      }
      BIO_free(file);
      if (SSL_CTX_load_verify_file(variant, authorities) != 1) {
        set_problem(problem, TLS_PROBLEM_CERTIFICATE_MALFORMED);
        tls_context_release(context);
        return NULL;
      }
      /* Also where it is none of an authority but the server's own. */
      X509_STORE_set_flags(SSL_CTX_get_cert_store(variant), X509_V_FLAG_PARTIAL_CHAIN);
    }
  }
  if (!made) {
    if (variant) set_problem(problem, TLS_PROBLEM_OTHER);
    tls_context_release(context);
    return NULL;
  }
  return context;
}

void tls_context_retain(tls_context *context) {
  atomic_fetch_add_explicit(&context->users, 1, memory_order_relaxed);
}

void tls_context_release(tls_context *context) {
  if (atomic_fetch_sub_explicit(&context->users, 1, memory_order_acq_rel) > 1) return;
  for (size_t index = 0; index < context->count; index++) SSL_CTX_free(context->variants[index]);
  free(context);
}
