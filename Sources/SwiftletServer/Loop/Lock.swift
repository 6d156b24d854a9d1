// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A mutex of the C library. That of Swift's `Synchronization` has the kernel hand it over when it is
/// contended, which thread sanitizers do not see: they call every access under it a race.
package struct Lock: ~Copyable, @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  package init() { pthread_mutex_init(mutex, nil) }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func lock() { pthread_mutex_lock(mutex) }
  package func unlock() { pthread_mutex_unlock(mutex) }

  func withLock<Result>(_ body: () -> Result) -> Result {
    lock()
    defer { unlock() }
    return body()
  }
}
