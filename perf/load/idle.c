/*
 * Idle connections: open, say so, hold, leave. For the memory a connection costs the server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <unistd.h>

#include "load.h"

void run_idle_connections(const struct options *options) {
  for (unsigned i = 0; i < options->connections; i++) open_websocket(options, i);
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
}
