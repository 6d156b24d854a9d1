/*
 * An echo server in one thread and one epoll: how a server drives swl_conn. What clients can make
 * it use is bounded by the numbers below; a server for strangers would also drop who stays silent.
 *
 *   cc -O2 echo_server.c -o echo_server $(pkg-config --cflags --libs swiftlet)
 *   ./echo_server 9001        port 0 takes a free one; the address is printed
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <swiftlet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 1000, HEAD = 4096, FIELDS = 64, MESSAGE = 1 << 24, QUEUE = 1 << 22 };

typedef struct client {
  int fd;
  bool finished;  /* all is said; only the peer's end of the stream is waited for */
  swl_conn *conn; /* NULL until the handshake is done */
  size_t size;    /* of what has come of the request head */
  char head[HEAD];
} client;

static char input[1 << 16]; /* what any of them sent: nothing of it is kept from read to read */
static int poller, client_count;

static void watch(client *client, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  epoll_ctl(poller, operation, client->fd, &event);
}

/* Ends our side but reads on: closing a socket with unread input would cut off what was sent last.
 */
static bool finish(client *client) {
  client->finished = true;
  return shutdown(client->fd, SHUT_WR) == 0;
}

/* Sends what waits. Until it is out nothing more is read, so who takes no answers gets none. These
 * functions return whether the client goes on. */
static bool flush(client *client) {
  const void *output;
  size_t size;
  while (output = swl_conn_output(client->conn, &size), size > 0) {
    ssize_t sent = send(client->fd, output, size, MSG_NOSIGNAL);
    if (sent < 0) {
      watch(client, EPOLL_CTL_MOD, EPOLLOUT);
      return errno == EAGAIN;
    }
    swl_conn_sent(client->conn, (size_t)sent);
  }
  watch(client, EPOLL_CTL_MOD, EPOLLIN);
  return swl_conn_state(client->conn) != SWL_STATE_CLOSED || finish(client);
}

/* The connection answers pings and close frames by itself, and closes it for what is wrong. */
static bool echo(client *client, char *data, size_t size) {
  swl_event event;
  size_t consumed;
  int kind;
  while ((kind = swl_conn_receive(client->conn, data, size, &consumed, &event)) > SWL_EVENT_NONE) {
    if (kind == SWL_EVENT_MESSAGE &&
        swl_conn_send(client->conn, (swl_opcode)event.opcode, event.data, event.size) < 0)
      swl_conn_close(client->conn, 1008, NULL, 0);
    data += consumed;
    size -= consumed;
  }
  return flush(client);
}

/* Answers the opening handshake once its head is all there. */
static bool upgrade(client *client, size_t received) {
  static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\n\r\n";
  static const swl_limits limits = {sizeof limits, .max_message_size = MESSAGE};
  char extension[SWL_DEFLATE_EXTENSION_MAX], response[512];
  const char *key;
  swl_http_field fields[FIELDS];
  swl_http_request request;
  swl_deflate_agreement agreement;
  swl_conn_options options = {sizeof options, .limits = &limits, .max_queue = QUEUE};
  size_t seen = client->size;
  client->size += received;
  int head = swl_http_parse(client->head, client->size, seen, fields, FIELDS, &request);
  if (head == 0 && client->size < HEAD) return true;

  int size = SWL_ERROR_ARGUMENT;
  if (head > 0 && swl_handshake_check(&request, &key) == SWL_UPGRADE_ACCEPT) {
    bool compressed = swl_deflate_accept(&request.fields, NULL, extension, &agreement) == 1;
    options.deflate = compressed ? &agreement : NULL;
    size =
        swl_handshake_respond(key, NULL, compressed ? extension : NULL, response, sizeof response);
  }
  bool accepted = size > 0 && swl_conn_new(&client->conn, &options) == 0;
  /* An empty socket takes it all. */
  send(client->fd, accepted ? response : refusal, accepted ? (size_t)size : sizeof refusal - 1,
       MSG_NOSIGNAL);
  return accepted ? echo(client, client->head + head, client->size - (size_t)head) : finish(client);
}

static bool receive(client *client) {
  bool parsing = !client->conn && !client->finished;
  ssize_t size = parsing ? recv(client->fd, client->head + client->size, HEAD - client->size, 0)
                         : recv(client->fd, input, sizeof input, 0);
  if (size <= 0) return size < 0 && errno == EAGAIN;
  if (client->finished) return true;
  return parsing ? upgrade(client, (size_t)size) : echo(client, input, (size_t)size);
}

static void take(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  client *client = fd >= 0 && client_count < CLIENTS ? calloc(1, sizeof *client) : NULL;
  if (!client) {
    if (fd >= 0) close(fd);
    return;
  }
  client->fd = fd;
  client_count++;
  watch(client, EPOLL_CTL_ADD, EPOLLIN);
}

static void drop(client *client) {
  close(client->fd);
  swl_conn_free(client->conn);
  free(client);
  client_count--;
}

int main(int count, char **arguments) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  struct epoll_event events[64] = {{.events = EPOLLIN}};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  address.sin_port = htons((uint16_t)(count > 1 ? atoi(arguments[1]) : 9001));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 512) < 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
      epoll_ctl(poller, EPOLL_CTL_ADD, listener, events) < 0) {
    perror("echo_server");
    return 1;
  }
  printf("listening on ws://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(poller, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      client *client = events[i].data.ptr;
      if (!client)
        take(listener);
      else if (events[i].events & EPOLLIN ? !receive(client) : !client->conn || !flush(client))
        drop(client);
    }
  }
}
