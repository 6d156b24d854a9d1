/*
 * What Swift's Glibc module does not bring: epoll, eventfd, accept4, malloc_trim, and a double's
 * shortest decimal form without an allocation. Linux only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWIFTLET_CPLATFORM_H
#define SWIFTLET_CPLATFORM_H

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

/** accept4(), non-blocking and close-on-exec; writes the peer's address where there is a peer. */
int platform_accept(int listener, struct sockaddr_storage *peer);

/**
 * recv() without flags, send() and sendmsg() without SIGPIPE. glibc's own are cancellation points,
 * which costs two locked instructions a call in a process with threads; these are not.
 */
ssize_t platform_receive(int socket, void *buffer, size_t size);
ssize_t platform_send(int socket, const void *bytes, size_t size);
ssize_t platform_send_parts(int socket, const struct iovec *parts, size_t count);

/** epoll_wait() for at most so many nanoseconds; before Linux 5.11, which cannot, milliseconds. */
int platform_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds);

/** Has the calling thread's waits end when they should, instead of up to 50 µs later. */
void platform_exact_timers(void);

/** Names the calling thread for debuggers and top; at most 15 characters. */
void platform_name_thread(const char *name);

/**
 * The shortest decimal digits that read back as `value`, which must be finite and positive.
 * Writes at most 17 digits to `digits` (no terminator), and to `exponent` the power of ten of the
 * first digit. Returns how many digits. With `single` set, digits that read back as the same float.
 */
int platform_shortest_digits(double value, int single, char *digits, int *exponent);

#endif
