/*
 * The connection as an object.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conn.h"

#define DEFAULT_THRESHOLD 64

/* The contexts of both directions, by what was agreed on. */
static int conn_make_contexts(swl_conn *conn, const swl_deflate_agreement *agreement,
                              const swl_deflate_options *wishes) {
  bool server = conn->role == SWL_ROLE_SERVER;
  int own_bits = server ? agreement->server_window_bits : agreement->client_window_bits;
  int peer_bits = server ? agreement->client_window_bits : agreement->server_window_bits;
  bool own_takeover =
      !(server ? agreement->server_without_takeover : agreement->client_without_takeover);
  bool peer_takeover =
      !(server ? agreement->client_without_takeover : agreement->server_without_takeover);

  swl_inflater_options inflater = {.size = sizeof inflater,
                                   .window_bits = peer_bits,
                                   .takeover = peer_takeover,
                                   .max_message_size = conn->limits.max_message_size,
                                   .allocator = conn->allocator};
  int error = swl_inflater_new(&conn->inflater, &inflater);
  /* zlib does not compress with a window of 256 bytes; sending as is, is always allowed. */
  if (error || own_bits == 8) return error;
  swl_deflater_options deflater = {.size = sizeof deflater,
                                   .window_bits = own_bits,
                                   .takeover = own_takeover,
                                   .level = wishes->level,
                                   .memory_level = wishes->memory_level,
                                   .allocator = conn->allocator};
  return swl_deflater_new(&conn->deflater, &deflater);
}

int swl_conn_new(swl_conn **conn, const swl_conn_options *given) {
  swl_conn_options options;
  swl_limits limits;
  swl_deflate_options wishes;
  if (!conn) return SWL_ERROR_ARGUMENT;
  *conn = NULL;
  if (!swl_options_copy(&options, sizeof options, given) ||
      !swl_options_copy(&limits, sizeof limits, options.limits) ||
      !swl_options_copy(&wishes, sizeof wishes, options.deflate_options))
    return SWL_ERROR_ARGUMENT;
  if (options.role != SWL_ROLE_SERVER && options.role != SWL_ROLE_CLIENT) return SWL_ERROR_ARGUMENT;

  bool own_random = options.role == SWL_ROLE_CLIENT && !options.random;
  swl_conn *made =
      swl_allocate(options.allocator, sizeof *made + (own_random ? sizeof made->own_random[0] : 0));
  if (!made) return SWL_ERROR_MEMORY;
  *made = (swl_conn){.limits = limits,
                     .allocator = options.allocator,
                     .role = options.role,
                     .streaming = options.streaming,
                     .random = options.random,
                     .max_queue = options.max_queue,
                     .threshold = wishes.threshold ? wishes.threshold : DEFAULT_THRESHOLD};
  if (own_random) {
    made->own_random[0] = (swl_random){0};
    made->random = made->own_random;
  }
  swl_receiver_init(&made->receiver, options.role, options.deflate, &made->limits);
  swl_buffer_init(&made->output, made->output_inner, SWL_OUTPUT_INNER, options.allocator);
  swl_buffer_init(&made->message, NULL, 0, options.allocator);

  int error = options.deflate ? conn_make_contexts(made, options.deflate, &wishes) : SWL_OK;
  if (error) {
    swl_conn_free(made);
    return error;
  }
  *conn = made;
  return SWL_OK;
}

void swl_conn_free(swl_conn *conn) {
  if (!conn) return;
  swl_deflater_free(conn->deflater);
  swl_inflater_free(conn->inflater);
  swl_buffer_free(&conn->output);
  swl_buffer_free(&conn->message);
  swl_release(conn->allocator, conn);
}

const void *swl_conn_output(const swl_conn *conn, size_t *size) {
  *size = swl_buffer_size(&conn->output);
  return conn->output.bytes + conn->output.start;
}

void swl_conn_sent(swl_conn *conn, size_t size) {
  swl_buffer_drop(&conn->output, size);
  swl_conn_flush_pong(conn);
}

swl_state swl_conn_state(const swl_conn *conn) { return conn->state; }

void swl_conn_tick(swl_conn *conn) { swl_receiver_tick(&conn->receiver); }
