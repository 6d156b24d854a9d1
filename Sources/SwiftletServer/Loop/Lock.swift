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

/// A value that is reached under a ``Lock`` only.
package struct Locked<Value>: ~Copyable, @unchecked Sendable {
  private let lock = Lock()
  private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

  package init(_ value: Value) { self.value.initialize(to: value) }

  deinit {
    value.deinitialize(count: 1)
    value.deallocate()
  }

  package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    lock.withLock { body(&value.pointee) }
  }
}
