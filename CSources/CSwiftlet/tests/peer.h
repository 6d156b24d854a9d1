/*
 * A connection under test, what became of it and what should have.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PEER_H
#define PEER_H

#include "trace.h"

#if SWL_WITH_DEFLATE
#define TEST_WITH_DEFLATE true
#else
#define TEST_WITH_DEFLATE false
#endif

/* First bytes of frames. */
enum { FIN = 0x80, RSV1 = 0x40, CONT = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct peer {
  swl_conn *conn;
  swl_role role;
  size_t cut; /* feed no more bytes than this at a time; 0: as they come */
  trace trace, expected;
} peer;

#define FOR_EACH_ROLE(role) \
  for (swl_role role = SWL_ROLE_SERVER; role <= SWL_ROLE_CLIENT; role = (swl_role)(role + 1))

/** A connection of these options, whose size is filled in. */
peer peer_new(swl_conn_options options);
/** Checks that events and output were as expected, and frees all. */
void peer_end(peer *peer);

/** Feeds bytes of the other end. */
void peer_feed(peer *peer, const void *data, size_t size);
/** Feeds a frame of the other end, masked as its role wants. */
void peer_feed_frame(peer *peer, int first, const void *payload, size_t size);
/** Feeds `to` all that `from` has to send. */
void peer_transfer(peer *from, peer *to);

/** Expects an event, in the letters of trace.h. */
void peer_expect(peer *peer, char kind, int number, const void *data, size_t size);
/** Expects a frame sent. */
void peer_expect_frame(peer *peer, int first, const void *payload, size_t size);
/** Expects a close frame sent; code 0 is an empty one. */
void peer_expect_close(peer *peer, unsigned code);

#endif
