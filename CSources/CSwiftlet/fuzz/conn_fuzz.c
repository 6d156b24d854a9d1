/*
 * Connections against hostile bytes and against each other. The first bytes of an input choose the
 * options and the cuts. Half of the inputs are what a peer sends: events and answers must not
 * depend on how it is cut nor on whether messages are streamed, and without compression be those of
 * a receiver. The other half are scripts of what one end sends: the other one must get just that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "../tests/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
  CHOICES = 12,
  CUTS = 4,
  SHORT = 48, /* up to this size a stream is cut in two at every place */
};

static void check_cut(const trace *expected, swl_conn_options options, trace begin,
                      const uint8_t *data, size_t size, const size_t *steps, size_t count) {
  for (int streaming = 0; streaming < 2; streaming++) {
    options.streaming = streaming;
    trace trace = trace_conn(&options, begin, data, size, steps, count);
    CHECK(trace_equal(&trace, expected));
    trace_free(&trace);
  }
}

/* What came in must be what a receiver makes of it. */
static void check_receiver(const trace *trace, const swl_conn_options *options, const uint8_t *data,
                           size_t size) {
  size_t whole[] = {SIZE_MAX};
  struct trace receiver = trace_stream(options->role, false, options->limits, data, size, whole, 1);
  CHECK(receiver.log.size == trace->log.size);
  CHECK(trace->log.size == 0 || memcmp(receiver.log.data, trace->log.data, trace->log.size) == 0);
  trace_free(&receiver);
}

static void receive_hostile(const swl_conn_options *options, trace begin, const size_t *cuts,
                            const uint8_t *data, size_t size) {
  size_t two[] = {SIZE_MAX, SIZE_MAX}, single[] = {1};
  trace expected = trace_conn(options, begin, data, size, two, 1);
  if (!options->deflate && !begin.closes_after) check_receiver(&expected, options, data, size);
  check_cut(&expected, *options, begin, data, size, two, 1);
  check_cut(&expected, *options, begin, data, size, single, 1);
  check_cut(&expected, *options, begin, data, size, cuts, CUTS);
  for (two[0] = 1; two[0] < size && size <= SHORT; two[0]++)
    check_cut(&expected, *options, begin, data, size, two, 2);
  trace_free(&expected);
}

/* Content of a script's messages: random bytes, or what compresses and is UTF-8. */
static void fill(uint8_t *content, size_t size, unsigned seed, bool text) {
  test_fill(content, size, seed);
  for (size_t i = 0; text && i < size; i++)
    content[i] = (uint8_t)("swift "[content[i] % (seed % 6 + 1)]);
}

enum { SEND, SEND_FRAGMENT, SEND_LAST, SEND_PING, SEND_PONG, SEND_CLOSE, TRANSFER, STEPS };

/* What a sender has under way. */
typedef struct script {
  peer sender, reader;
  bytes message; /* sent so far of one in fragments */
  swl_opcode opcode;
  bool inside, ended;
} script;

static void send_data(script *script, int step, swl_opcode opcode, const uint8_t *content,
                      size_t size) {
  swl_conn *conn = script->sender.conn;
  if (step == SEND) {
    int result = swl_conn_send(conn, opcode, content, size);
    CHECK(result == (script->inside ? SWL_ERROR_STATE : SWL_OK));
    if (!result) peer_expect(&script->reader, 'm', (int)opcode, content, size);
    return;
  }
  if (!script->inside) script->opcode = opcode;
  int result = swl_conn_send_fragment(conn, opcode, content, size, step == SEND_LAST);
  CHECK(result == (opcode == script->opcode ? SWL_OK : SWL_ERROR_ARGUMENT));
  if (result) return;
  bytes_add(&script->message, content, size);
  script->inside = step != SEND_LAST;
  if (script->inside) return;
  peer_expect(&script->reader, 'm', (int)opcode, script->message.data, script->message.size);
  script->message.size = 0;
}

/* Runs a step of four bytes: what, of which kind, size. */
static void run_step(script *script, const uint8_t *step) {
  static uint8_t content[65536];
  size_t size = (size_t)step[2] | (size_t)step[3] << 8;
  bool text = step[0] & 0x80;
  if (step[0] & 0x40) size %= 126;
  peer *reader = &script->reader;
  swl_conn *conn = script->sender.conn;
  int what = step[0] % STEPS;
  switch (what) {
    case SEND:
    case SEND_FRAGMENT:
    case SEND_LAST:
      fill(content, size, step[1], text);
      send_data(script, what, text ? SWL_OPCODE_TEXT : SWL_OPCODE_BINARY, content, size);
      break;
    case SEND_PING:
      size %= 126;
      fill(content, size, step[1], text);
      CHECK(swl_conn_ping(conn, content, size) == SWL_OK);
      peer_expect(reader, 'i', 0, content, size);
      peer_expect_frame(reader, FIN | PONG, content, size);
      break;
    case SEND_PONG:
      size %= 126;
      fill(content, size, step[1], text);
      CHECK(swl_conn_pong(conn, content, size) == SWL_OK);
      peer_expect(reader, 'o', 0, content, size);
      break;
    case SEND_CLOSE:
      CHECK(swl_conn_close(conn, 1000, "bye", 3) == SWL_OK);
      CHECK(swl_conn_send(conn, SWL_OPCODE_TEXT, NULL, 0) == SWL_ERROR_STATE);
      peer_expect(reader, 'c', 1000, "bye", 3);
      peer_expect_close(reader, 1000);
      script->ended = true;
      break;
    default:
      reader->cut = size;
      peer_transfer(&script->sender, reader);
  }
}

static void run_script(const swl_conn_options *options, const uint8_t *data, size_t size) {
  swl_conn_options other = *options, own = *options;
  other.role = options->role == SWL_ROLE_SERVER ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER;
  other.limits = own.limits = NULL;
  other.max_queue = own.max_queue = 0;
  script script = {.sender = peer_new(own), .reader = peer_new(other)};
  /* So that each ping is answered. */
  script.reader.trace.drains = true;
  for (; size >= 4 && !script.ended; data += 4, size -= 4) run_step(&script, data);
  peer_transfer(&script.sender, &script.reader);
  peer_end(&script.reader);
  peer_end(&script.sender);
  bytes_free(&script.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < CHOICES) return 0;
  swl_limits limits = {.size = sizeof limits,
                       .max_message_size = (uint64_t)data[2] * 64,
                       .max_frame_size = (uint64_t)data[3] * 8,
                       .max_fragments = data[4] & 15,
                       .max_controls = data[4] >> 4};
  swl_deflate_agreement agreement = {.server_window_bits = 8 + (data[5] & 7),
                                     .client_window_bits = 8 + (data[5] >> 3 & 7),
                                     .server_without_takeover = data[5] & 64,
                                     .client_without_takeover = data[5] & 128};
  /* Small contexts, since hundreds of them are made for an input. */
  swl_deflate_options wishes = {
      .size = sizeof wishes, .level = 1, .memory_level = 1, .threshold = data[6]};
  swl_conn_options options = {.size = sizeof options,
                              .role = data[0] & 1 ? SWL_ROLE_CLIENT : SWL_ROLE_SERVER,
                              .streaming = data[0] & 2,
                              .limits = data[0] & 4 ? &limits : NULL,
                              .max_queue = data[7],
                              .deflate = TEST_WITH_DEFLATE && data[0] & 8 ? &agreement : NULL,
                              .deflate_options = &wishes};
  bool hostile = data[0] & 32;
  trace begin = {.drains = data[0] & 16, .closes_after = data[0] >> 6};
  swl_cpu_limit((swl_cpu)(data[1] % 5));
  size_t cuts[CUTS];
  for (size_t i = 0; i < CUTS; i++) cuts[i] = 1 + (size_t)data[CHOICES - CUTS + i];
  data += CHOICES;
  size -= CHOICES;
  if (hostile)
    receive_hostile(&options, begin, cuts, data, size);
  else
    run_script(&options, data, size);
  return 0;
}
