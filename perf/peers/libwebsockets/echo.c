/*
 * An echo server on libwebsockets, one event loop: echo PORT
 *
 * The library hands out messages in pieces as they come in; each piece goes back as a piece of the
 * reply, once the socket takes it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PIECE = 64 << 10,    /* most that the library hands out at once */
  HIGH_MARK = 1 << 20, /* with so many bytes to send a connection is not read */
  LEAST_BUFFER = 4 * PIECE,
};

/* A piece to send, in a buffer of such; LWS_PRE bytes in front of the payload are the library's. */
struct piece {
  size_t size;
  enum lws_write_protocol kind;
};

struct session {
  unsigned char *pieces;
  size_t begin, end, capacity;
};

static size_t room_of(size_t payload) {
  size_t room = sizeof(struct piece) + LWS_PRE + payload;
  return (room + 15) & ~(size_t)15;
}

/* Makes room for a piece behind those that wait: by moving them to the front, or in a larger
 * buffer. */
static int make_room(struct session *session, size_t room) {
  if (session->capacity - session->end >= room) return 0;
  size_t waiting = session->end - session->begin;
  if (waiting > 0) memmove(session->pieces, session->pieces + session->begin, waiting);
  session->begin = 0;
  session->end = waiting;
  if (session->capacity - waiting >= room) return 0;
  size_t capacity = 2 * (waiting + room);
  if (capacity < LEAST_BUFFER) capacity = LEAST_BUFFER;
  unsigned char *pieces = realloc(session->pieces, capacity);
  if (!pieces) return -1;
  session->pieces = pieces;
  session->capacity = capacity;
  return 0;
}

static int keep(struct lws *wsi, struct session *session, const void *bytes, size_t size) {
  size_t room = room_of(size);
  if (make_room(session, room) != 0) return -1;
  unsigned char *at = session->pieces + session->end;
  struct piece piece = {size, (enum lws_write_protocol)lws_write_ws_flags(
                                  lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT,
                                  lws_is_first_fragment(wsi), lws_is_final_fragment(wsi))};
  memcpy(at, &piece, sizeof piece);
  memcpy(at + sizeof piece + LWS_PRE, bytes, size);
  session->end += room;
  if (session->end - session->begin > HIGH_MARK) lws_rx_flow_control(wsi, 0);
  return 0;
}

static int send_what_waits(struct lws *wsi, struct session *session) {
  while (session->begin < session->end) {
    if (lws_send_pipe_choked(wsi)) {
      lws_callback_on_writable(wsi);
      return 0;
    }
    unsigned char *at = session->pieces + session->begin;
    struct piece piece;
    memcpy(&piece, at, sizeof piece);
    /* What the socket does not take the library keeps. */
    int sent = lws_write(wsi, at + sizeof piece + LWS_PRE, piece.size, piece.kind);
    if (sent < (int)piece.size) return -1;
    session->begin += room_of(piece.size);
  }
  session->begin = session->end = 0;
  lws_rx_flow_control(wsi, 1);
  return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *bytes,
                    size_t size) {
  struct session *session = user; /* zeroed by the library */
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
      lws_callback_on_writable(wsi);
      return keep(wsi, session, bytes, size);
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return send_what_waits(wsi, session);
    case LWS_CALLBACK_CLOSED:
      free(session->pieces);
      return 0;
    default:
      return 0;
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: echo PORT\n");
    return 64;
  }
  lws_set_log_level(LLL_ERR, NULL);
  const struct lws_protocols protocols[] = {
      {.name = "echo",
       .callback = on_event,
       .per_session_data_size = sizeof(struct session),
       .rx_buffer_size = PIECE},
      {0},
  };
  const struct lws_context_creation_info info = {
      .port = atoi(argv[1]),
      .iface = "lo",
      .protocols = protocols,
      .pt_serv_buf_size = PIECE,
      .options = LWS_SERVER_OPTION_DISABLE_IPV6,
  };
  struct lws_context *context = lws_create_context(&info);
  if (!context) {
    fprintf(stderr, "cannot listen\n");
    return 71;
  }
  int port = lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default"));
  printf("listening on ws://127.0.0.1:%d/echo\n", port);
  fflush(stdout);
  while (lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 0;
}
