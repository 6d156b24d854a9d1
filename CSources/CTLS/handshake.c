/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "session.h"

static enum tls_failure failure_of(const tls_session *session, int error, unsigned long code) {
  if (error == SSL_ERROR_SYSCALL || session->error != 0) return TLS_FAILURE_ENDED;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return TLS_FAILURE_OTHER;
  int reason = ERR_GET_REASON(code);
  /* OpenSSL's numbers for alerts that were received. */
  if (reason >= SSL_AD_REASON_OFFSET) return TLS_FAILURE_ALERT;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TLS_FAILURE_HTTP;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_BAD_RECORD_TYPE:
      return TLS_FAILURE_NOT_TLS;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TLS_FAILURE_NO_COMMON;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return TLS_FAILURE_CERTIFICATE;
    default:
      return session->ended ? TLS_FAILURE_ENDED : TLS_FAILURE_OTHER;
  }
}

enum tls_progress tls_handshake(tls_session *session) {
  session->drained = false;
  ERR_clear_error();
  int result = SSL_do_handshake(session->ssl);
  int error = SSL_get_error(session->ssl, result);
  tls_flush_output(session);
  if (result == 1 && session->error == 0) {
    session->established = true;
    /* What follows the handshake may have been read with it. */
    session->more = true;
    return TLS_ESTABLISHED;
  }
  if (error == SSL_ERROR_WANT_READ && session->error == 0) return TLS_WAITS;
  unsigned long code = ERR_peek_error();
  session->failure = failure_of(session, error, code);
  session->reason = session->failure == TLS_FAILURE_CERTIFICATE
                        ? X509_verify_cert_error_string(SSL_get_verify_result(session->ssl))
                        : ERR_reason_error_string(code);
  ERR_clear_error();
  return TLS_FAILED;
}

enum tls_failure tls_failure(const tls_session *session) { return session->failure; }

const char *tls_failure_reason(const tls_session *session) {
  return session->reason ? session->reason : "the connection ended";
}

enum tls_verification tls_verification(const tls_session *session) {
  switch (SSL_get_verify_result(session->ssl)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TLS_VERIFICATION_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TLS_VERIFICATION_NOT_YET_VALID;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return TLS_VERIFICATION_SELF_SIGNED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return TLS_VERIFICATION_UNKNOWN_ISSUER;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TLS_VERIFICATION_WRONG_HOST;
    default:
      return TLS_VERIFICATION_OTHER;
  }
}

bool tls_resumed(const tls_session *session) { return SSL_session_reused(session->ssl) == 1; }
