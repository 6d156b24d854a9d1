/*
 * Two sessions that talk over a pair of sockets which take little at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CTLS.h"

#define CHECK(condition)                                                                   \
  do {                                                                                     \
    if (condition) break;                                                                  \
    printf("%s:%d: %s does not hold (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
    exit(1);                                                                               \
  } while (0)

static uint64_t state = 1;

/* xorshift64*, the same in every run. */
static size_t below(size_t bound) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (size_t)(state * 0x2545F4914F6CDD1Du >> 33) % bound;
}

struct ends {
  int sockets[2];
  tls_output *outputs[2];
  tls_session *sessions[2];
};

static tls_context *server;
static tls_context *client;

static void open_ends(struct ends *ends, const char *host) {
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends->sockets) == 0);
  for (int i = 0; i < 2; i++) {
    int size = 4608;
    setsockopt(ends->sockets[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    CHECK((ends->outputs[i] = tls_output_new()));
  }
  ends->sessions[0] = tls_session_accept(server, ends->sockets[0], ends->outputs[0]);
  ends->sessions[1] = tls_session_connect(client, ends->sockets[1], ends->outputs[1], host);
  CHECK(ends->sessions[0] && ends->sessions[1]);
}

static void close_ends(struct ends *ends) {
  for (int i = 0; i < 2; i++) {
    tls_session_free(ends->sessions[i]);
    tls_output_free(ends->outputs[i]);
    close(ends->sockets[i]);
  }
}

static void flush(tls_session *session) { CHECK(tls_flush(session) == 0 || errno == EAGAIN); }

static void shake_hands(struct ends *ends) {
  bool done[2] = {false, false};
  while (!done[0] || !done[1]) {
    for (int i = 1; i >= 0; i--) {
      flush(ends->sessions[i]);
      if (done[i]) continue;
      enum tls_progress progress = tls_handshake(ends->sessions[i]);
      CHECK(progress != TLS_FAILED);
      done[i] = progress == TLS_ESTABLISHED;
    }
  }
}

/* Sends some of `bytes`, whole or cut into parts. */
static size_t send_some(tls_session *session, const unsigned char *bytes, size_t size) {
  struct iovec parts[16];
  size_t count = 0, all = 0;
  for (; count < 16 && all < size; count++) {
    size_t part = below(4) ? below(300) : below(70000);
    if (part > size - all) part = size - all;
    parts[count] = (struct iovec){(void *)(bytes + all), part};
    all += part;
  }
  ssize_t sent = below(2) ? tls_send(session, bytes, size) : tls_send_parts(session, parts, count);
  CHECK(sent >= 0 || errno == EAGAIN);
  return sent > 0 ? (size_t)sent : 0;
}

static ssize_t receive_end(tls_session *session) {
  char byte;
  ssize_t count;
  do count = tls_receive(session, &byte, 1);
  while (count < 0 && errno == EAGAIN);
  return count;
}

static void test_bytes_arrive(void) {
  for (int round = 0; round < 200; round++) {
    struct ends ends;
    open_ends(&ends, round % 2 ? "localhost" : "127.0.0.1");
    shake_hands(&ends);
    tls_session *from = ends.sessions[round / 2 % 2], *to = ends.sessions[1 - round / 2 % 2];
    size_t size = 1 + below(600000);
    unsigned char *bytes = malloc(size), *got = malloc(size);
    CHECK(bytes && got);
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)below(256);
    size_t sent = 0, received = 0;
    while (received < size) {
      if (sent < size) sent += send_some(from, bytes + sent, size - sent);
      flush(from);
      size_t room = 1 + (below(3) ? below(40000) : below(50));
      if (room > size - received) room = size - received;
      ssize_t count = tls_receive(to, got + received, room);
      CHECK(count > 0 || (count < 0 && errno == EAGAIN && !tls_has_more(to)));
      if (count > 0) received += (size_t)count;
    }
    CHECK(sent == size && memcmp(bytes, got, size) == 0);
    /* Some are freed while they hold what they sent. */
    if (round % 4 == 0) tls_send(from, bytes, size);
    free(bytes);
    free(got);
    close_ends(&ends);
  }
}

static void test_ends_and_cuts(void) {
  for (int round = 0; round < 3; round++) {
    struct ends ends;
    open_ends(&ends, "localhost");
    shake_hands(&ends);
    if (round == 0) {
      tls_end(ends.sessions[0]);
      CHECK(receive_end(ends.sessions[1]) == 0);
    } else if (round == 1) {
      shutdown(ends.sockets[0], SHUT_WR);
      CHECK(receive_end(ends.sessions[1]) == -1 && errno == ECONNRESET);
    } else {
      shutdown(ends.sockets[1], SHUT_RD);
      while (tls_send(ends.sessions[0], "x", 1) > 0) continue;
      CHECK(errno == EPIPE);
    }
    close_ends(&ends);
  }
}

static void test_another_host(void) {
  struct ends ends;
  open_ends(&ends, "127.0.0.2");
  tls_handshake(ends.sessions[1]);
  tls_handshake(ends.sessions[0]);
  CHECK(tls_handshake(ends.sessions[1]) == TLS_FAILED);
  CHECK(tls_failure(ends.sessions[1]) == TLS_FAILURE_CERTIFICATE);
  CHECK(tls_verification(ends.sessions[1]) == TLS_VERIFICATION_WRONG_HOST);
  CHECK(tls_handshake(ends.sessions[0]) == TLS_FAILED);
  CHECK(tls_failure(ends.sessions[0]) == TLS_FAILURE_ALERT);
  close_ends(&ends);
}

/* Anything instead of a handshake, in two pieces; half of it looks like the beginning of one. */
static void test_nonsense(void) {
  for (int round = 0; round < 5000; round++) {
    struct ends ends;
    open_ends(&ends, "localhost");
    unsigned char bytes[600];
    size_t size = 11 + below(sizeof bytes - 11);
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)below(256);
    unsigned char head[] = {22, 3, 1, (unsigned char)(size >> 8), (unsigned char)size,
                            1,  0, 0, (unsigned char)below(256),  3,
                            3};
    if (round % 2) memcpy(bytes, head, sizeof head);
    size_t first = below(size);
    enum tls_progress progress;
    CHECK(send(ends.sockets[1], bytes, first, 0) == (ssize_t)first);
    progress = tls_handshake(ends.sessions[0]);
    if (progress == TLS_WAITS) {
      CHECK(send(ends.sockets[1], bytes + first, size - first, 0) == (ssize_t)(size - first));
      shutdown(ends.sockets[1], SHUT_WR);
      /* A session looks once at its socket in a call: the bytes by one, their end by the next. */
      for (int i = 0; i < 2 && progress == TLS_WAITS; i++)
        progress = tls_handshake(ends.sessions[0]);
    }
    CHECK(progress == TLS_FAILED && tls_failure_reason(ends.sessions[0]));
    close_ends(&ends);
  }
}

int main(int count, char **arguments) {
  CHECK(count == 3);
  size_t pair;
  struct tls_problem problem;
  const char *certificate = arguments[1], *key = arguments[2];
  CHECK((server = tls_context_server(&certificate, &key, 1, &pair, &problem)));
  CHECK((client = tls_context_client(certificate, true, &problem)));
  CHECK(!tls_context_server(&certificate, &certificate, 1, &pair, &problem));
  CHECK(problem.kind == TLS_PROBLEM_KEY_MALFORMED);
  test_bytes_arrive();
  test_ends_and_cuts();
  test_another_host();
  test_nonsense();
  tls_context_release(server);
  tls_context_release(client);
  puts("tls: all is well");
}
