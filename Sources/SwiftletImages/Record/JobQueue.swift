// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore
import SwiftletServer

/// An acknowledged image on its way to its statistics.
struct Job: ~Copyable {
  let id: UInt64
  let time: Int64
  let message: KeptMessage
  let layout: ImageLayout
  let options: StatsOptions
}

/// Images that wait for the recording thread. Nothing is ever dropped: while it is full, the
/// connections that filled it are not read.
final class JobQueue: @unchecked Sendable {
  /// Beyond either of these a connection is paused after the image it just sent.
  private static let maxJobs = 4096
  private static let maxBytes = 64 << 20

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  // Guarded by the mutex: a ring of jobs, and who waits for room.
  private var ring = UnsafeMutablePointer<Job>.allocate(capacity: 64)
  private var capacity = 64
  private var first = 0
  private var count = 0
  private var bytes = 0
  private var paused: [ConnectionReference] = []
  private var nextID: UInt64
  private var isClosed = false

  init(firstID: UInt64) {
    nextID = firstID
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    for offset in 0..<count { (ring + (first + offset) % capacity).deinitialize(count: 1) }
    ring.deallocate()
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  var depth: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return count
  }

  /// Adds an image and numbers it; pauses the connection it came from when the queue is full.
  func push(
    _ message: consuming KeptMessage, time: Int64, layout: ImageLayout, options: StatsOptions,
    from connection: borrowing Connection
  ) -> UInt64 {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if count == capacity { grow() }
    let id = nextID
    nextID += 1
    bytes += message.byteCount
    (ring + (first + count) % capacity).initialize(
      to: Job(id: id, time: time, message: message, layout: layout, options: options))
    count += 1
    if count >= JobQueue.maxJobs || bytes >= JobQueue.maxBytes {
      connection.pauseReading()
      paused.append(connection.reference)
    }
    pthread_cond_signal(condition)
    return id
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Job>.allocate(capacity: 2 * capacity)
    for offset in 0..<count {
      (larger + offset).moveInitialize(from: ring + (first + offset) % capacity, count: 1)
    }
    ring.deallocate()
    ring = larger
    capacity *= 2
    first = 0
  }

  /// The oldest image. Waits for one if told to; nil when there is none, or will be none.
  func pop(waiting: Bool) -> Job? {
    pthread_mutex_lock(mutex)
    while waiting && count == 0 && !isClosed { pthread_cond_wait(condition, mutex) }
    guard count > 0 else {
      pthread_mutex_unlock(mutex)
      return nil
    }
    let job = (ring + first).move()
    first = (first + 1) % capacity
    count -= 1
    bytes -= job.message.byteCount
    var resumed: [ConnectionReference] = []
    if count <= JobQueue.maxJobs / 2 && bytes <= JobQueue.maxBytes / 2 { swap(&resumed, &paused) }
    pthread_mutex_unlock(mutex)
    for connection in resumed { connection.resumeReading() }
    return job
  }

  /// Lets ``pop(waiting:)`` return nil once the queue is empty.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }
}
