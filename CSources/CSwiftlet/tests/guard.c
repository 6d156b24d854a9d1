/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

guard guard_new(size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t usable = (size + page - 1) / page * page;
  uint8_t *all = mmap(NULL, usable + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(all != MAP_FAILED);
  CHECK(mprotect(all + page, usable, PROT_READ | PROT_WRITE) == 0);
  return (guard){all + page, all + page + usable};
}

void guard_free(guard *guard) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  munmap(guard->start - page, (size_t)(guard->end - guard->start) + 2 * page);
  *guard = (struct guard){NULL, NULL};
}
