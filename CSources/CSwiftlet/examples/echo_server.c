/*
 * An echo server in one thread and one epoll: how a server drives swl_conn.
 *
 *   cc -O2 echo_server.c -o echo_server $(pkg-config --cflags --libs swiftlet)
 *   ./echo_server 9001        port 0 takes a free one; the address is printed
 *
 * What a client can make it use is bounded: CLIENTS of them, a request head of HEAD bytes, a
 * message of MESSAGE bytes, a queue of QUEUE bytes, and SECONDS in which it must send something.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <swiftlet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 1000, HEAD = 4096, FIELDS = 64, MESSAGE = 1 << 24, QUEUE = 1 << 22, SECONDS = 60 };

static const swl_limits limits = {
    .size = sizeof limits, .max_message_size = MESSAGE, .max_controls = 100};

typedef struct client {
  int fd;         /* 0: the place is free */
  bool finished;  /* all is said; only the peer's end of the stream is waited for */
  swl_conn *conn; /* NULL until the handshake is done */
  time_t deadline;
  size_t size; /* of what has come of the request head */
  char head[HEAD];
} client;

static client clients[CLIENTS];
static char input[1 << 16]; /* what any of them sent: nothing of it is kept from read to read */
static int poller;

static void watch(client *client, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  epoll_ctl(poller, operation, client->fd, &event);
}

/* The server ends the stream first (RFC 6455 §7.1.1) but reads on for a while: to close a socket
 * that has unread input would cut off what was sent last. */
static void finish(client *client) {
  client->finished = true;
  shutdown(client->fd, SHUT_WR);
}

static void drop(client *client) {
  close(client->fd);
  swl_conn_free(client->conn);
  *client = (struct client){0};
}

/* Sends what waits. Until it is out nothing more is read, so who takes no answers gets none. These
 * functions return whether the client goes on. */
static bool flush(client *client) {
  const void *output;
  size_t size;
  while (output = swl_conn_output(client->conn, &size), size > 0) {
    ssize_t sent = send(client->fd, output, size, MSG_NOSIGNAL);
    if (sent < 0) {
      bool full = errno == EAGAIN;
      if (full) watch(client, EPOLL_CTL_MOD, EPOLLOUT);
      return full;
    }
    swl_conn_sent(client->conn, (size_t)sent);
  }
  watch(client, EPOLL_CTL_MOD, EPOLLIN);
  if (swl_conn_state(client->conn) == SWL_STATE_CLOSED) finish(client);
  return true;
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

static bool refuse(client *client, const char *status) {
  char text[128];
  int size =
      snprintf(text, sizeof text,
               "HTTP/1.1 %s\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\n\r\n", status);
  send(client->fd, text, (size_t)size, MSG_NOSIGNAL);
  finish(client);
  return true;
}

/* Answers the opening handshake once its head is all there. */
static bool upgrade(client *client, size_t received) {
  swl_http_field fields[FIELDS];
  swl_http_request request;
  size_t seen = client->size;
  client->size += received;
  int head = swl_http_parse(client->head, client->size, seen, fields, FIELDS, &request);
  if (head == 0 && client->size < HEAD) return true;
  if (head <= 0) return refuse(client, "400 Bad Request");
  const char *key;
  swl_upgrade asked = swl_handshake_check(&request, &key);
  if (asked != SWL_UPGRADE_ACCEPT)
    return refuse(client,
                  asked == SWL_UPGRADE_VERSION ? "426 Upgrade Required" : "400 Bad Request");

  char extension[SWL_DEFLATE_EXTENSION_MAX], response[512];
  swl_deflate_agreement agreement;
  int compressed = swl_deflate_accept(&request.fields, NULL, extension, &agreement);
  if (compressed < 0) return refuse(client, "400 Bad Request");
  swl_conn_options options = {.size = sizeof options,
                              .role = SWL_ROLE_SERVER,
                              .limits = &limits,
                              .max_queue = QUEUE,
                              .deflate = compressed ? &agreement : NULL};
  int size =
      swl_handshake_respond(key, NULL, compressed ? extension : NULL, response, sizeof response);
  if (size < 0 || swl_conn_new(&client->conn, &options) < 0)
    return refuse(client, "503 Service Unavailable");
  send(client->fd, response, (size_t)size, MSG_NOSIGNAL); /* an empty socket takes it all */
  return echo(client, client->head + head, client->size - (size_t)head);
}

static bool receive(client *client) {
  bool parsing = !client->conn && !client->finished;
  ssize_t size = parsing ? recv(client->fd, client->head + client->size, HEAD - client->size, 0)
                         : recv(client->fd, input, sizeof input, 0);
  if (size <= 0) return size < 0 && errno == EAGAIN;
  if (client->finished) return true;
  if (parsing) return upgrade(client, (size_t)size);
  client->deadline = time(NULL) + SECONDS;
  return echo(client, input, (size_t)size);
}

static void take(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
  if (fd < 0) return;
  client *place = clients;
  while (place < clients + CLIENTS && place->fd) place++;
  if (place == clients + CLIENTS) {
    close(fd);
    return;
  }
  *place = (client){.fd = fd, .deadline = time(NULL) + SECONDS};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(place, EPOLL_CTL_ADD, EPOLLIN);
}

/* Once a second. */
static void tick(time_t now) {
  for (client *client = clients; client < clients + CLIENTS; client++) {
    if (client->conn) swl_conn_tick(client->conn);
    if (client->fd && now > client->deadline) drop(client);
  }
}

static int listen_at(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 512) < 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) < 0)
    return -1;
  printf("listening on ws://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **arguments) {
  int listener = listen_at((uint16_t)(count > 1 ? atoi(arguments[1]) : 9001));
  poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[64] = {{.events = EPOLLIN}};
  if (listener < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, events) < 0) {
    perror("echo_server");
    return 1;
  }
  for (time_t last = 0;;) {
    int ready = epoll_wait(poller, events, 64, 1000);
    for (int i = 0; i < ready; i++) {
      client *client = events[i].data.ptr;
      if (!client)
        take(listener);
      else if (events[i].events & EPOLLIN ? !receive(client) : !client->conn || !flush(client))
        drop(client);
    }
    time_t now = time(NULL);
    if (now != last) tick(last = now);
  }
}
