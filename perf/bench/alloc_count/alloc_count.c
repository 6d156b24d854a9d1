/*
 * Counts the allocator's calls of a process it is preloaded into (LD_PRELOAD), in the file that
 * ALLOC_COUNT_FILE names: two 64-bit counters, allocations then frees, shared by mmap so that
 * another process reads them at any time without a word to this one.
 *
 * The functions of glibc are reached by their __libc_ names: dlsym would allocate itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

struct counters {
  _Atomic uint64_t allocations, frees;
};

static struct counters before_file; /* calls made before the file is there */
static struct counters *_Atomic counters = &before_file;

__attribute__((constructor)) static void open_file(void) {
  const char *path = getenv("ALLOC_COUNT_FILE");
  int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (fd < 0) return;
  if (ftruncate(fd, sizeof(struct counters)) == 0) {
    void *p = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) counters = p;
  }
  close(fd);
}

static void *allocated(void *p) {
  atomic_fetch_add_explicit(&counters->allocations, 1, memory_order_relaxed);
  return p;
}

void *malloc(size_t size) { return allocated(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return allocated(__libc_calloc(count, size)); }

void *realloc(void *p, size_t size) { return allocated(__libc_realloc(p, size)); }

void *memalign(size_t alignment, size_t size) {
  return allocated(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || alignment & (alignment - 1) || !alignment) return EINVAL;
  void *p = memalign(alignment, size);
  if (!p) return ENOMEM;
  *result = p;
  return 0;
}

void free(void *p) {
  if (!p) return;
  atomic_fetch_add_explicit(&counters->frees, 1, memory_order_relaxed);
  __libc_free(p);
}
