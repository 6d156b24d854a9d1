// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc
import Logging
import Synchronization

/// One thread with its connections. This object is what other threads know of it: a queue of
/// requests and an eventfd that wakes it.
final class EventLoop: TaskExecutor, @unchecked Sendable {
  enum Work {
    case resume(Token)
    case perform(
      Token, @Sendable (borrowing Connection) -> Void, otherwise: (@Sendable () -> Void)?)
    case job(UnownedJob)
    case taskEnded
    case drain
  }

  private struct Inbox {
    var work: [Work] = []
    /// Buffers on their way back to the pool.
    var buffers: [Buffer] = []
  }

  private let lock = Mutex<Void>(())
  /// Guarded by the lock.
  private let inbox: UnsafeMutablePointer<Inbox>
  private let hasWork = Atomic(false)
  private let isSignalled = Atomic(false)
  private let wakeup: Int32
  private var loop: Loop!
  /// Swapped with the inbox, so that neither's arrays grow anew each turn. The loop's own.
  private let taken: UnsafeMutablePointer<Inbox>
  let counters: UnsafeMutablePointer<Counters>

  init(
    configuration: ServerConfiguration, routes: Routes, logger: Logger, admission: Admission,
    listener: Int32
  ) throws(ServerError) {
    wakeup = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    guard wakeup >= 0 else { throw .system("create an eventfd", errno) }
    counters = .allocate(capacity: 1)
    counters.initialize(to: Counters())
    inbox = .allocate(capacity: 1)
    inbox.initialize(to: Inbox())
    taken = .allocate(capacity: 1)
    taken.initialize(to: Inbox())
    loop = try Loop(
      owner: self, configuration: configuration, routes: routes, logger: logger,
      admission: admission, listener: listener, wakeup: wakeup, counters: counters)
  }

  deinit {
    for buffer in inbox.pointee.buffers { loop.state.pointee.pool.give(buffer) }
    loop.destroy()
    close(wakeup)
    counters.deinitialize(count: 1)
    counters.deallocate()
    inbox.deinitialize(count: 1)
    inbox.deallocate()
    taken.deinitialize(count: 1)
    taken.deallocate()
  }

  /// Serves until it is drained. Called once, on the loop's own thread.
  func run() {
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Loop.eventsPerWait)
    defer { events.deallocate() }
    while !loop.isDrained {
      loop.turn(events) { runInbox() }
    }
    // Whoever held a message or waits on this executor gets its due.
    runInbox()
  }

  // MARK: - From other threads

  func enqueue(_ work: Work) {
    lock.withLock { _ in inbox.pointee.work.append(work) }
    hasWork.store(true, ordering: .releasing)
    if !isSignalled.exchange(true, ordering: .acquiringAndReleasing) {
      var one: UInt64 = 1
      _ = write(wakeup, &one, 8)
    }
  }

  /// Runs a task's next step on the loop, so that asynchronous handlers hop no threads.
  func enqueue(_ job: consuming ExecutorJob) {
    enqueue(.job(UnownedJob(job)))
  }

  func giveBack(_ buffer: Buffer) {
    lock.withLock { _ in inbox.pointee.buffers.append(buffer) }
    // No wake-up: the pool is only looked at when the loop runs anyway.
    hasWork.store(true, ordering: .releasing)
  }

  private func runInbox() {
    guard hasWork.load(ordering: .relaxed) else { return }
    isSignalled.store(false, ordering: .sequentiallyConsistent)
    hasWork.store(false, ordering: .sequentiallyConsistent)
    lock.withLock { _ in swap(&inbox.pointee, &taken.pointee) }
    for buffer in taken.pointee.buffers { loop.state.pointee.pool.give(buffer) }
    taken.pointee.buffers.removeAll(keepingCapacity: true)
    for index in taken.pointee.work.indices { run(taken.pointee.work[index]) }
    taken.pointee.work.removeAll(keepingCapacity: true)
  }

  private func run(_ work: Work) {
    switch work {
    case .resume(let token):
      guard let slot = loop.state.pointee.table.find(token) else { return }
      slot.pointee.flags.remove(.held)
      slot.pointee.lastActive = loop.state.pointee.now
      loop.perform(on: slot) { loop.resume(slot) }
    case .perform(let token, let body, let otherwise):
      guard let slot = loop.state.pointee.table.find(token), slot.pointee.phase == .open else {
        otherwise?()
        return
      }
      loop.perform(on: slot) { body(Connection(loop: loop, slot: slot)) }
    case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
    case .taskEnded: loop.state.pointee.tasks -= 1
    case .drain: loop.beginDrain()
    }
  }
}
