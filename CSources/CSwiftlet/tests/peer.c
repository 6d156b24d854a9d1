/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

peer peer_new(swl_conn_options options) {
  peer peer = {.role = options.role};
  options.size = sizeof options;
  CHECK(swl_conn_new(&peer.conn, &options) == SWL_OK);
  return peer;
}

void peer_end(peer *peer) {
  /* What waits for room comes out once there is some. */
  for (int i = 0; i < 2; i++) trace_output(&peer->trace, peer->conn);
  CHECK(trace_equal(&peer->trace, &peer->expected));
  swl_conn_free(peer->conn);
  trace_free(&peer->trace);
  trace_free(&peer->expected);
}

void peer_feed(peer *peer, const void *data, size_t size) {
  size_t cut = peer->cut && peer->cut < size ? peer->cut : size;
  for (size_t at = 0; at < size; at += cut) {
    if (cut > size - at) cut = size - at;
    trace_feed(&peer->trace, peer->conn, (const uint8_t *)data + at, cut);
  }
}

void peer_feed_frame(peer *peer, int first, const void *payload, size_t size) {
  bytes wire = {0};
  bytes_add_frame(&wire, first, peer->role == SWL_ROLE_SERVER, payload, size);
  peer_feed(peer, wire.data, wire.size);
  bytes_free(&wire);
}

void peer_transfer(peer *from, peer *to) {
  size_t size;
  const void *output = swl_conn_output(from->conn, &size);
  peer_feed(to, output, size);
  swl_conn_sent(from->conn, size);
}

void peer_expect(peer *peer, char kind, int number, const void *data, size_t size) {
  bytes_add_record(&peer->expected.log, kind, number, data, size);
}

void peer_expect_frame(peer *peer, int first, const void *payload, size_t size) {
  bytes_add_record(&peer->expected.output, peer->role == SWL_ROLE_CLIENT ? 'M' : 'U', first,
                   payload, size);
}

void peer_expect_close(peer *peer, unsigned code) {
  uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code};
  peer_expect_frame(peer, FIN | CLOSE, payload, code ? 2 : 0);
}
