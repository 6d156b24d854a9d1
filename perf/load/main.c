/*
 * load: a WebSocket load client that is as cheap as one thread can be, so that one core of it can
 * saturate a fast server on another core. Frames are made and masked beforehand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load.h"

static const char usage[] =
    "usage: load --port PORT [options]\n"
    "Loads a WebSocket server and prints the result as one line of JSON.\n"
    "\n"
    "  --host ADDRESS             IPv4 address (127.0.0.1)\n"
    "  --path PATH                request target, with query (/echo)\n"
    "  --connections C            connections at the same time (50)\n"
    "  --depth D                  messages in flight on each connection (1)\n"
    "  --size S                   payload bytes of a message, random ones (20)\n"
    "  --message FILE             instead: the payload of each message\n"
    "  --seconds T                measured time (1.5)\n"
    "  --warmup W                 time before it, not measured (0.3)\n"
    "  --text                     text messages instead of binary ones\n"
    "  --expect-text-prefix STR   replies are text that starts with STR, of any size\n"
    "  --expect-size N            replies are N bytes long, and text if the messages are\n"
    "                             (without either: replies are echoes, and checked to be)\n"
    "  --short                    instead: connect, upgrade, one message, close, over and over.\n"
    "                             Only in a network namespace of its own, together with the "
    "server\n"
    "                             (unshare -n, ip link set lo up): elsewhere it fills the "
    "kernel's\n"
    "                             connection tracking table and the machine drops connections.\n"
    "  --idle N                   instead: open N connections, print 'ready' and hold them until\n"
    "                             standard input ends\n";

static double number(const char *text, const char *option, double low, double high) {
  char *end;
  double value = strtod(text, &end);
  if (*text == 0 || *end != 0 || !(value >= low && value <= high))
    fail("--%s takes a number from %g to %g, not '%s'", option, low, high, text);
  return value;
}

static void read_payload(const char *path, struct options *o) {
  static uint8_t bytes[64 << 10];
  FILE *file = fopen(path, "rb");
  if (!file) fail("--message: %s cannot be opened", path);
  o->size = fread(bytes, 1, sizeof bytes, file);
  if (ferror(file) || fgetc(file) != EOF)
    fail("--message: %s cannot be read, or has more than %zu bytes", path, sizeof bytes);
  fclose(file);
  o->payload = bytes;
}

static struct options parse(int argc, char **argv) {
  static const struct option known[] = {
      {"host", 1, 0, 'h'},        {"port", 1, 0, 'p'},
      {"path", 1, 0, 'P'},        {"connections", 1, 0, 'c'},
      {"depth", 1, 0, 'd'},       {"size", 1, 0, 's'},
      {"seconds", 1, 0, 't'},     {"warmup", 1, 0, 'w'},
      {"text", 0, 0, 'T'},        {"short", 0, 0, 'S'},
      {"idle", 1, 0, 'i'},        {"expect-text-prefix", 1, 0, 'x'},
      {"expect-size", 1, 0, 'n'}, {"message", 1, 0, 'm'},
      {"help", 0, 0, 'H'},        {0, 0, 0, 0},
  };
  struct options o = {.host = "127.0.0.1",
                      .path = "/echo",
                      .connections = 50,
                      .depth = 1,
                      .size = 20,
                      .seconds = 1.5,
                      .warmup = 0.3};
  for (int c, at = 0; (c = getopt_long(argc, argv, "", known, &at)) != -1;) {
    const char *name = known[at].name;
    switch (c) {
      case 'h':
        o.host = optarg;
        break;
      case 'p':
        o.port = (unsigned)number(optarg, name, 1, 65535);
        break;
      case 'P':
        o.path = optarg;
        break;
      case 'c':
        o.connections = (unsigned)number(optarg, name, 1, 19900);
        break;
      case 'd':
        o.depth = (unsigned)number(optarg, name, 1, 1024);
        break;
      case 's':
        o.size = (size_t)number(optarg, name, 0, 64 << 20);
        break;
      case 't':
        o.seconds = number(optarg, name, 0.01, 600);
        break;
      case 'w':
        o.warmup = number(optarg, name, 0, 60);
        break;
      case 'T':
        o.text = true;
        break;
      case 'x':
        o.text_prefix = optarg;
        break;
      case 'n':
        o.reply_size = (size_t)number(optarg, name, 1, 64 << 20);
        break;
      case 'm':
        read_payload(optarg, &o);
        break;
      case 'S':
        o.mode = SHORT_CONNECTIONS;
        break;
      case 'i':
        o.mode = IDLE_CONNECTIONS;
        o.connections = (unsigned)number(optarg, name, 1, 19900);
        break;
      case 'H':
        fputs(usage, stdout);
        exit(0);
      default:
        fputs(usage, stderr);
        exit(64);
    }
  }
  if (optind != argc || !o.port) {
    fputs(usage, stderr);
    exit(64);
  }
  return o;
}

int main(int argc, char **argv) {
  struct options options = parse(argc, argv);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  switch (options.mode) {
    case CLOSED_LOOP:
      run_closed_loop(&options);
      break;
    case SHORT_CONNECTIONS:
      run_short_connections(&options);
      break;
    case IDLE_CONNECTIONS:
      run_idle_connections(&options);
      break;
  }
}
