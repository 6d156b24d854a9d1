/*
 * The floor: a bare WebSocket loop on level-triggered epoll, one thread, no checks. It does the
 * least that a correct client notices (RFC 6455 upgrade, unmask, reply), so that a real server can
 * be judged by how much of this rate it keeps. Not a server to deploy: it trusts every byte.
 *
 *   bare_epoll PORT [echo|consume]     PORT 0 takes a free one
 *
 * echo sends each frame back; consume unmasks each message and answers 8 bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  EVENTS = 256,
  RECEIVE_BUFFER = 256 << 10,
  LARGE = 16 << 10, /* an incomplete payload of this size gets its own buffer */
  HEADER_ROOM = 10, /* longest server header, written in front of a large payload */
};

enum state { UPGRADING, FRAMES, LARGE_MESSAGE };

/* All there is of an idle connection: an element of a table indexed by descriptor. */
struct connection {
  uint8_t *in;  /* an incomplete head or frame, or the large message (after HEADER_ROOM) */
  uint8_t *out; /* reply bytes that the socket did not take; no reading until they are gone */
  uint32_t in_have, in_size;
  uint32_t out_sent, out_size;
  uint32_t key;
  uint8_t state, first_byte;
};

static struct connection *connections;
static uint8_t receive_buffer[RECEIVE_BUFFER + 64];
static uint8_t reply_buffer[2 * RECEIVE_BUFFER]; /* a 6-byte frame may be answered by 10 bytes */
static int epoll_fd;
static bool consume;

#if defined(__x86_64__)
__attribute__((target("avx2")))
#endif
static size_t
unmask_blocks(uint8_t *p, size_t n, uint32_t key) {
  typedef uint32_t block __attribute__((vector_size(32), aligned(1), may_alias));
  block k = {key, key, key, key, key, key, key, key};
  size_t i = 0;
  for (; i + 128 <= n; i += 128)
    for (size_t j = 0; j < 128; j += 32) *(block *)(p + i + j) ^= k;
  for (; i + 32 <= n; i += 32) *(block *)(p + i) ^= k;
  return i;
}

/* `key` as it lies in memory: its lowest byte masks p[0]. */
static inline void unmask(uint8_t *p, size_t n, uint32_t key) {
  size_t i = n >= 64 ? unmask_blocks(p, n, key) : 0;
  uint64_t k = key | (uint64_t)key << 32, word;
  for (; i + 8 <= n; i += 8) {
    memcpy(&word, p + i, 8);
    word ^= k;
    memcpy(p + i, &word, 8);
  }
  for (; i < n; i++) p[i] ^= (uint8_t)(key >> (8 * (i & 3)));
}

static inline uint32_t rotate(uint32_t key, uint32_t offset) {
  unsigned bits = 8 * (offset & 3);
  return bits ? key >> bits | key << (32 - bits) : key;
}

static inline size_t header_size(size_t n) { return n < 126 ? 2 : n < 65536 ? 4 : 10; }

static inline uint8_t *write_header(uint8_t *p, uint8_t first_byte, uint64_t n) {
  *p++ = first_byte;
  if (n < 126) {
    *p++ = (uint8_t)n;
  } else if (n < 65536) {
    *p++ = 126;
    *p++ = (uint8_t)(n >> 8);
    *p++ = (uint8_t)n;
  } else {
    *p++ = 127;
    for (int shift = 56; shift >= 0; shift -= 8) *p++ = (uint8_t)(n >> shift);
  }
  return p;
}

static uint8_t *write_answer(uint8_t *p, uint64_t message_size) {
  p = write_header(p, 0x82, 8);
  memcpy(p, &message_size, 8);
  return p + 8;
}

static void close_connection(int fd) {
  struct connection *c = &connections[fd];
  free(c->in);
  free(c->out);
  *c = (struct connection){0};
  close(fd);
}

static void watch(int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

/* Sends [p, p + n). What the socket does not take waits in `owner`, or in a copy if that is NULL.
 */
static void send_reply(int fd, const uint8_t *p, size_t n, uint8_t *owner) {
  ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
  if (sent < 0) sent = 0; /* an error shows itself again on the next receive */
  if ((size_t)sent == n) {
    free(owner);
    return;
  }
  struct connection *c = &connections[fd];
  if (!owner) {
    owner = malloc(n);
    memcpy(owner, p, n);
    p = owner;
  }
  c->out = owner;
  c->out_sent = (uint32_t)((size_t)(p - owner) + (size_t)sent);
  c->out_size = (uint32_t)((size_t)(p - owner) + n);
  watch(fd, EPOLLOUT);
}

static void send_rest(int fd) {
  struct connection *c = &connections[fd];
  ssize_t n = send(fd, c->out + c->out_sent, c->out_size - c->out_sent, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) {
    close_connection(fd);
    return;
  }
  if (n > 0) c->out_sent += (uint32_t)n;
  if (c->out_sent < c->out_size) return;
  free(c->out);
  c->out = NULL;
  watch(fd, EPOLLIN);
}

static void keep(struct connection *c, const uint8_t *p, size_t n) {
  if (!n) return;
  c->in = malloc(n);
  memcpy(c->in, p, n);
  c->in_have = (uint32_t)n;
}

/* RFC 6455 §4.2.2 */
static void upgrade(int fd, uint8_t *head, size_t n) {
  static EVP_MD *sha1;
  static EVP_MD_CTX *context;
  if (!sha1) {
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    context = EVP_MD_CTX_new();
  }
  struct connection *c = &connections[fd];
  head[n] = 0;
  if (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4)) {
    keep(c, head, n);
    return;
  }
  const char *key = strcasestr((const char *)head, "\r\nSec-WebSocket-Key:");
  if (!key) {
    close_connection(fd);
    return;
  }
  key += 20;
  key += strspn(key, " \t");
  uint8_t digest[20], accept[29];
  EVP_DigestInit_ex2(context, sha1, NULL);
  EVP_DigestUpdate(context, key, strcspn(key, " \t\r"));
  EVP_DigestUpdate(context, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  EVP_DigestFinal_ex(context, digest, NULL);
  EVP_EncodeBlock(accept, digest, 20);
  char reply[160];
  int size = snprintf(reply, sizeof reply,
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                      (char *)accept);
  c->state = FRAMES;
  send_reply(fd, (const uint8_t *)reply, (size_t)size, NULL);
}

static void begin_large(struct connection *c, uint8_t *payload, size_t have, size_t size) {
  unmask(payload, have, c->key);
  if (!consume) {
    c->in = malloc(HEADER_ROOM + size);
    memcpy(c->in + HEADER_ROOM, payload, have);
  }
  c->in_have = (uint32_t)have;
  c->in_size = (uint32_t)size;
  c->state = LARGE_MESSAGE;
}

static void receive_large(int fd) {
  struct connection *c = &connections[fd];
  size_t want = c->in_size - c->in_have;
  if (consume && want > RECEIVE_BUFFER) want = RECEIVE_BUFFER;
  uint8_t *p = consume ? receive_buffer : c->in + HEADER_ROOM + c->in_have;
  ssize_t n = recv(fd, p, want, 0);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) close_connection(fd);
    return;
  }
  unmask(p, (size_t)n, rotate(c->key, c->in_have));
  c->in_have += (uint32_t)n;
  if (c->in_have < c->in_size) return;
  size_t size = c->in_size;
  uint8_t *message = c->in;
  c->in = NULL;
  c->in_have = c->in_size = 0;
  c->state = FRAMES;
  if (consume) {
    send_reply(fd, reply_buffer, (size_t)(write_answer(reply_buffer, size) - reply_buffer), NULL);
  } else {
    uint8_t *start = message + HEADER_ROOM - header_size(size);
    write_header(start, c->first_byte, size);
    send_reply(fd, start, header_size(size) + size, message);
  }
}

static void receive_frames(int fd) {
  struct connection *c = &connections[fd];
  uint8_t *p = receive_buffer, *reply = reply_buffer;
  size_t kept = c->in_have;
  if (kept) {
    memcpy(p, c->in, kept);
    free(c->in);
    c->in = NULL;
    c->in_have = 0;
  }
  ssize_t received = recv(fd, p + kept, RECEIVE_BUFFER - kept, 0);
  if (received <= 0) {
    if (received == 0 || errno != EAGAIN)
      close_connection(fd);
    else
      keep(c, p, kept);
    return;
  }
  uint8_t *end = p + kept + received;
  if (c->state == UPGRADING) {
    upgrade(fd, p, (size_t)(end - p));
    return;
  }
  bool closing = false;
  while (end - p >= 6) {
    size_t n = p[1] & 127, header = n < 126 ? 6 : n == 126 ? 8 : 14;
    if ((size_t)(end - p) < header) break;
    if (n == 126) {
      n = (size_t)p[2] << 8 | p[3];
    } else if (n == 127) {
      n = 0;
      for (int i = 2; i < 10; i++) n = n << 8 | p[i];
    }
    uint8_t first_byte = p[0];
    uint32_t key;
    memcpy(&key, p + header - 4, 4);
    size_t have = (size_t)(end - p) - header;
    if (have < n) {
      if (n < LARGE) break;
      c->key = key;
      c->first_byte = first_byte;
      begin_large(c, p + header, have, n);
      p = end;
      break;
    }
    p += header;
    unmask(p, n, key);
    if ((first_byte & 15) == 8) {
      closing = true;
      break;
    }
    if (consume) {
      reply = write_answer(reply, n);
    } else {
      reply = write_header(reply, first_byte, n);
      memcpy(reply, p, n);
      reply += n;
    }
    p += n;
  }
  if (!closing) keep(c, p, (size_t)(end - p));
  if (reply > reply_buffer) send_reply(fd, reply_buffer, (size_t)(reply - reply_buffer), NULL);
  if (closing) close_connection(fd);
}

static void accept_all(int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3 ||
      (argc == 3 && strcmp(argv[2], "echo") && strcmp(argv[2], "consume"))) {
    fprintf(stderr, "usage: bare_epoll PORT [echo|consume]\n");
    return 64;
  }
  consume = argc == 3 && !strcmp(argv[2], "consume");
  /* Message buffers are reused from the heap instead of being mapped and faulted in each time. */
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  connections = calloc(files.rlim_cur, sizeof *connections);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (!connections || bind(listener, (struct sockaddr *)&address, length) ||
      listen(listener, 4096) || getsockname(listener, (struct sockaddr *)&address, &length)) {
    perror("bare_epoll");
    return 71;
  }
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  printf("listening on %d\n", ntohs(address.sin_port));
  fflush(stdout);

  static struct epoll_event ready[EVENTS];
  for (;;) {
    int n = epoll_wait(epoll_fd, ready, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      if (fd == listener)
        accept_all(listener);
      else if (connections[fd].out)
        send_rest(fd);
      else if (connections[fd].state == LARGE_MESSAGE)
        receive_large(fd);
      else
        receive_frames(fd);
    }
  }
}
