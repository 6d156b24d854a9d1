/*
 * A client with plain blocking calls: says hello in text and binary, prints what comes back, and
 * closes as RFC 6455 asks.
 *
 *   cc -O2 client.c -o client $(pkg-config --cflags --libs swiftlet)
 *   ./client 127.0.0.1 9001 /path
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <swiftlet.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "client: %s: %s\n", what, why);
  exit(1);
}

static void check(const char *what, int result) {
  if (result < 0) fail(what, swl_strerror(result));
}

static int connect_to(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
  int error = getaddrinfo(host, port, &hints, &list);
  if (error) fail(host, gai_strerror(error));
  int fd = -1;
  for (struct addrinfo *each = list; each && fd < 0; each = each->ai_next) {
    fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    if (fd >= 0 && connect(fd, each->ai_addr, each->ai_addrlen) < 0) {
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(list);
  if (fd < 0) fail(host, "cannot connect");
  return fd;
}

static void send_all(int fd, const void *data, size_t size) {
  for (const char *at = data; size > 0;) {
    ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
    if (sent < 0) fail("send", "the connection is lost");
    at += sent;
    size -= (size_t)sent;
  }
}

static void flush(int fd, swl_conn *conn) {
  size_t size;
  const void *output = swl_conn_output(conn, &size);
  send_all(fd, output, size);
  swl_conn_sent(conn, size);
}

/* Bytes from the socket. `start` to `end` are still to be looked at. */
typedef struct input {
  char bytes[16384];
  size_t start, end;
} input;

static size_t receive(int fd, input *input) {
  if (input->start == input->end) input->start = input->end = 0;
  ssize_t size = recv(fd, input->bytes + input->end, sizeof input->bytes - input->end, 0);
  if (size < 0) fail("receive", "the connection is lost");
  input->end += (size_t)size;
  return (size_t)size;
}

/* The opening handshake (RFC 6455 §4.1); what follows the response stays in `input`. */
static swl_conn *handshake(int fd, swl_random *random, const swl_client_options *options,
                           const swl_limits *limits, input *input) {
  char key[SWL_KEY_SIZE], request[2048];
  check("random bytes", swl_key_new(random, key));
  int size = swl_handshake_request(key, options, request, sizeof request);
  check("request", size);
  send_all(fd, request, (size_t)size);

  swl_http_field fields[64];
  swl_http_response response;
  int head = 0;
  for (size_t seen = 0; head == 0; seen = input->end) {
    if (receive(fd, input) == 0) fail("response", "it ends too early, or is too long");
    head = swl_http_parse_response(input->bytes, input->end, seen, fields, 64, &response);
  }
  check("response", head);
  swl_client_agreement agreement;
  check("response", swl_handshake_verify(&response, key, options, &agreement));
  input->start = (size_t)head;

  swl_conn *conn;
  check("connection",
        swl_conn_new(&conn, &(swl_conn_options){
                                .size = sizeof(swl_conn_options),
                                .role = SWL_ROLE_CLIENT,
                                .limits = limits,
                                .deflate = agreement.compressed ? &agreement.deflate : NULL,
                                .random = random,
                            }));
  printf("connected, %s compression\n", agreement.compressed ? "with" : "without");
  return conn;
}

/* The next message or close frame. Its data holds until the next call. */
static int next_event(int fd, swl_conn *conn, input *input, swl_event *event) {
  for (;;) {
    size_t consumed;
    int kind = swl_conn_receive(conn, input->bytes + input->start, input->end - input->start,
                                &consumed, event);
    input->start += consumed;
    flush(fd, conn); /* an answer to a ping or a close frame, or why the server is at fault */
    check("server", kind);
    if (kind == SWL_EVENT_MESSAGE || kind == SWL_EVENT_CLOSE) return kind;
    if (kind == SWL_EVENT_NONE && receive(fd, input) == 0)
      fail("server", "it went without a close frame");
  }
}

int main(int count, char **arguments) {
  if (count < 3) fail("usage", "client HOST PORT [TARGET]");
  char host[300];
  snprintf(host, sizeof host, "%s:%s", arguments[1], arguments[2]);
  swl_deflate_options deflate = {.size = sizeof deflate};
  swl_client_options options = {.size = sizeof options,
                                .host = host,
                                .target = count > 3 ? arguments[3] : "/",
                                .deflate = &deflate};
  swl_limits limits = {.size = sizeof limits, .max_message_size = 1 << 20};
  static swl_random random;
  static input input;

  int fd = connect_to(arguments[1], arguments[2]);
  swl_conn *conn = handshake(fd, &random, &options, &limits, &input);
  static const char hello[] = "Hello, WebSocket", bytes[] = {0, 1, 2, (char)0xFF};
  check("send", swl_conn_send(conn, SWL_OPCODE_TEXT, hello, sizeof hello - 1));
  check("send", swl_conn_send(conn, SWL_OPCODE_BINARY, bytes, sizeof bytes));
  flush(fd, conn);

  swl_event event;
  for (int answers = 0; next_event(fd, conn, &input, &event) == SWL_EVENT_MESSAGE;) {
    if (event.opcode == SWL_OPCODE_TEXT)
      printf("text, %zu bytes: %.*s\n", event.size, (int)event.size, (const char *)event.data);
    else
      printf("binary, %zu bytes\n", event.size);
    if (++answers < 2) continue;
    check("close", swl_conn_close(conn, 1000, NULL, 0));
    flush(fd, conn);
  }
  printf("closed with %u\n", event.close_code);

  /* The server ends the stream first (§7.1.1), so that the waiting after it is its own. */
  for (input.start = input.end; receive(fd, &input) > 0;) input.start = input.end;
  swl_conn_free(conn);
  close(fd);
  return 0;
}
