// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What was asked of a store: done on the writer's thread, answered when it is on disk.
struct Operation: Sendable {
  /// Does it and returns what answers it. Called again when what was done has been undone.
  let perform: @Sendable (SQLiteState) throws -> () -> Void
  let fail: @Sendable (StoreError) -> Void
}

/// Operations that wait for the writer, in order of their coming.
final class OperationQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  // Guarded by the mutex.
  private var waiting: [Operation] = []
  /// With so many the writer is woken.
  private var wanted = Int.max
  private var isClosed = false
  private var isFinished = false
  private var whenFinished: [@Sendable () -> Void] = []

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// False when the queue is closed, and takes nothing any more.
  func push(_ operation: Operation) -> Bool {
    locked {
      guard !isClosed else { return false }
      waiting.append(operation)
      if waiting.count >= wanted { pthread_cond_signal(condition) }
      return true
    }
  }

  /// Takes all operations into `batch`, which must be empty. Waits for `expected` of them up to `soon`, and
  /// then, if there is none, for one up to `later`. False when the queue is closed and there will be no more.
  func take(
    into batch: inout [Operation], expecting expected: Int, within soon: Duration,
    orOneWithin later: Duration
  ) -> Bool {
    locked {
      wait(for: expected, upTo: soon)
      wait(for: 1, upTo: later)
      swap(&batch, &waiting)
      return !(batch.isEmpty && isClosed)
    }
  }

  private func wait(for count: Int, upTo duration: Duration) {
    guard waiting.count < count, !isClosed, duration > .zero else { return }
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let (seconds, attoseconds) = duration.components
    let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
    end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    wanted = count
    while waiting.count < count && !isClosed {
      if pthread_cond_timedwait(condition, mutex, &end) != 0 { break }
    }
    wanted = .max
  }

  /// Takes no more operations from now on. `done` is called when those taken before are through.
  func close(_ done: @escaping @Sendable () -> Void) {
    let isFinished = locked {
      isClosed = true
      if !self.isFinished { whenFinished.append(done) }
      pthread_cond_signal(condition)
      return self.isFinished
    }
    if isFinished { done() }
  }

  /// Says that the writer is through.
  func finish() {
    let told = locked {
      isFinished = true
      defer { whenFinished = [] }
      return whenFinished
    }
    for done in told { done() }
  }
}
