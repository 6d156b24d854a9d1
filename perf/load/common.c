/*
 * What all modes of the load client share: time, random numbers, histogram, frames, upgrade.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ=="; /* the example of RFC 6455 §1.3 */

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* splitmix64 (Steele, Lea, Flood 2014), seeded by the kernel. */
uint64_t random_u64(void) {
  static uint64_t state;
  if (!state && getrandom(&state, sizeof state, 0) != sizeof state) fail("no random numbers");
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

void histogram_add(struct histogram *h, uint64_t value, uint64_t count) {
  unsigned power = value < 64 ? 0 : 63u - (unsigned)__builtin_clzll(value) - 5u;
  unsigned step = (unsigned)(value >> (power ? power - 1 : 0)) & 63;
  h->counts[power * 64 + step] += count;
  h->total += count;
}

uint64_t histogram_percentile(const struct histogram *h, double percentile) {
  uint64_t rank = (uint64_t)((double)h->total * percentile / 100), seen = 0;
  for (unsigned i = 0; i < 64 * 64; i++) {
    seen += h->counts[i];
    if (seen > rank) return i < 64 ? i : (uint64_t)(64 + i % 64) << (i / 64 - 1);
  }
  return 0;
}

uint8_t *write_frame(uint8_t *p, uint8_t opcode, const uint8_t *payload, size_t size) {
  *p++ = (uint8_t)(0x80 | opcode);
  if (size < 126) {
    *p++ = (uint8_t)(0x80 | size);
  } else if (size < 65536) {
    *p++ = 0x80 | 126;
    *p++ = (uint8_t)(size >> 8);
    *p++ = (uint8_t)size;
  } else {
    *p++ = 0x80 | 127;
    for (int shift = 56; shift >= 0; shift -= 8) *p++ = (uint8_t)((uint64_t)size >> shift);
  }
  uint64_t random = random_u64();
  uint8_t *mask = p;
  memcpy(mask, &random, 4);
  p += 4;
  for (size_t i = 0; i < size; i++) p[i] = payload[i] ^ mask[i & 3];
  return p + size;
}

struct frames make_frames(const struct options *o) {
  /* Twice the depth, so that a batch may start at many places; but within the L2 cache. */
  size_t count = 2 * (size_t)o->depth + 62, most = (512 << 10) / (o->size + 14);
  if (count > most) count = most;
  if (count < o->depth) count = o->depth;
  if (count < 2) count = 2;
  struct frames f = {.count = count, .payload = malloc(o->size + 1)};
  f.bytes = malloc(count * (o->size + 14));
  if (!f.payload || !f.bytes) fail("not enough memory for %zu frames of %zu bytes", count, o->size);
  for (size_t i = 0; i < o->size; i++)
    f.payload[i] = (uint8_t)(o->text ? 'a' + random_u64() % 26 : random_u64());
  if (o->payload) memcpy(f.payload, o->payload, o->size);
  uint8_t *p = f.bytes;
  for (size_t i = 0; i < count; i++) p = write_frame(p, o->text ? 1 : 2, f.payload, o->size);
  f.frame_size = (size_t)(p - f.bytes) / count;
  return f;
}

int connect_socket(const struct options *o, unsigned index) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
  if (inet_pton(AF_INET, o->host, &server.sin_addr) != 1)
    fail("--host takes an IPv4 address, not '%s'", o->host);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  struct timeval limit = {.tv_sec = 5};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  /* A local server is reached from several source addresses: ports of one would run out. */
  if (ntohl(server.sin_addr.s_addr) >> 24 == 127) {
    struct sockaddr_in source = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK + index % 16)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&source, sizeof source)) fail("bind: %s", strerror(errno));
  }
  if (connect(fd, (struct sockaddr *)&server, sizeof server))
    fail("connect to %s:%u: %s", o->host, o->port, strerror(errno));
  return fd;
}

size_t write_upgrade(const struct options *o, char *request, size_t room) {
  int n = snprintf(request, room,
                   "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
                   o->path, o->host, o->port, key);
  if (n < 0 || (size_t)n >= room) fail("--path is too long");
  return (size_t)n;
}

void check_upgrade(const char *response) {
  if (strncmp(response, "HTTP/1.1 101 ", 13))
    fail("the server refused the upgrade: %.*s", (int)strcspn(response, "\r"), response);
  static bool checked;
  if (checked) return;
  checked = true;
  char text[64];
  snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  uint8_t digest[EVP_MAX_MD_SIZE], accept[32];
  EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL);
  EVP_EncodeBlock(accept, digest, 20);
  const char *field = strcasestr(response, "\r\nSec-WebSocket-Accept:");
  if (!field) fail("the response has no Sec-WebSocket-Accept");
  field += 23;
  field += strspn(field, " \t");
  if (strncmp(field, (const char *)accept, 28)) fail("wrong Sec-WebSocket-Accept: %.28s", field);
}

int open_websocket(const struct options *o, unsigned index) {
  int fd = connect_socket(o, index);
  char text[2048];
  size_t n = write_upgrade(o, text, sizeof text);
  if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n) fail("upgrade: %s", strerror(errno));
  size_t have = 0;
  do {
    ssize_t got = recv(fd, text + have, sizeof text - 1 - have, 0);
    if (got <= 0) fail("upgrade: %s", got ? strerror(errno) : "connection closed");
    have += (size_t)got;
    text[have] = 0;
  } while (!strstr(text, "\r\n\r\n"));
  check_upgrade(text);
  return fd;
}

void check_reply(const struct options *o, const struct frames *f, uint8_t first_byte,
                 const uint8_t *data, size_t have, size_t size) {
  bool text = o->text_prefix || o->text;
  if (first_byte == 0x88)
    fail("the server closed with code %d", size < 2 ? 1005 : data[0] << 8 | data[1]);
  if (first_byte != (text ? 0x81 : 0x82))
    fail("a reply begins with byte %#x instead of %#x", first_byte, text ? 0x81 : 0x82);
  if (o->text_prefix) {
    size_t n = strlen(o->text_prefix);
    if (have < n || memcmp(data, o->text_prefix, n))
      fail("a reply does not begin with '%s': '%.*s'", o->text_prefix,
           (int)(have < 200 ? have : 200), (const char *)data);
    return;
  }
  size_t expected = o->reply_size ? o->reply_size : o->size;
  if (size != expected) fail("a reply of %zu bytes instead of %zu", size, expected);
  if (!o->reply_size && memcmp(data, f->payload, have)) fail("an echo differs from the message");
}
