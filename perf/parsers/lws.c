/*
 * libwebsockets' server. It parses only what its own loop reads from a socket, so it is given a
 * connected socket, and once that has been upgraded the frames come from memory: this program's
 * recv() takes the place of the C library's for that socket, and lws_service_fd() is told that
 * there is something to read. No system call is in what is timed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parsers.h"

enum { READ_SIZE = 1 << 17 }; /* more than the frames at once */

static struct {
  int socket;
  const uint8_t *at, *end; /* what recv() has not given yet */
  struct tally *tally;
} feed = {.socket = -1};

static struct lws_context *context;
static bool established;

__attribute__((visibility("default"))) ssize_t recv(int socket, void *out, size_t size, int flags) {
  if (socket != feed.socket || !established) return recvfrom(socket, out, size, flags, NULL, NULL);
  size_t left = (size_t)(feed.end - feed.at);
  if (left == 0) {
    errno = EAGAIN;
    return -1;
  }
  if (size > left) size = left;
  memcpy(out, feed.at, size);
  feed.at += size;
  return (ssize_t)size;
}

static int handle(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data,
                  size_t size) {
  (void)user;
  if (reason == LWS_CALLBACK_ESTABLISHED) established = true;
  if (reason != LWS_CALLBACK_RECEIVE) return 0;
  feed.tally->messages++;
  if (feed.tally->checking && (!lws_is_final_fragment(wsi) || !lws_frame_is_binary(wsi)))
    fail("libwebsockets: not a whole message");
  tally_payload(feed.tally, data, size);
  return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "binary", .callback = handle, .rx_buffer_size = READ_SIZE},
    {0},
};

static int open_lws(const struct frames *frames) {
  static const char request[] =
      "GET / HTTP/1.1\r\n"
      "Host: localhost\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: binary\r\n"
      "\r\n";
  if (frames->size > READ_SIZE) return -1;
  lws_set_log_level(LLL_ERR, NULL);
  const struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = protocols,
      .pt_serv_buf_size = READ_SIZE,
      .gid = -1,
      .uid = -1,
  };
  context = lws_create_context(&info);
  int pair[2];
  if (!context || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return -1;
  feed.socket = pair[1];
  if (!lws_adopt_socket(context, pair[1])) return -1;
  if (write(pair[0], request, sizeof request - 1) != sizeof request - 1) return -1;
  for (int i = 0; i < 100 && !established; i++)
    if (lws_service(context, 0) < 0) return -1;
  return established ? 0 : -1;
}

static void run_lws(const struct frames *frames, struct tally *tally) {
  feed.at = frames->bytes;
  feed.end = frames->bytes + frames->size;
  feed.tally = tally;
  while (feed.at < feed.end) {
    struct lws_pollfd readable = {.fd = feed.socket, .events = LWS_POLLIN, .revents = LWS_POLLIN};
    if (lws_service_fd(context, &readable) < 0) fail("libwebsockets: the frames were refused");
  }
}

const struct parser libwebsockets = {"libwebsockets", open_lws, run_lws};
