// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc
package import Logging
import Synchronization

/// One thread with its connections. This object is what other threads know of it: a queue of
/// requests and an eventfd that wakes it.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
  enum Work {
    case resume(Token)
    case perform(
      Token, @Sendable (borrowing Connection) -> Void, otherwise: (@Sendable () -> Void)?)
    case run(@Sendable (borrowing LoopContext) -> Void)
    case job(UnownedJob)
    case taskEnded
    case connect(ConnectAttempt)
    case advance(ConnectAttempt, ConnectStep)
    case drain
  }

  private struct Inbox {
    var work: [Work] = []
    /// Buffers on their way back to the pool.
    var buffers: [Buffer] = []
  }

  private let lock = Lock()
  /// Guarded by the lock.
  private let inbox: UnsafeMutablePointer<Inbox>
  private let hasWork = Atomic(false)
  private let isSignalled = Atomic(false)
  /// The loop's own thread, which needs no signal: it looks at the inbox before it waits.
  private let thread = Atomic<UInt>(0)
  private let wakeup: Int32
  private var loop: Loop!
  /// Swapped with the inbox, so that neither's arrays grow anew each turn. The loop's own.
  private let taken: UnsafeMutablePointer<Inbox>
  /// Guarded by the lock: there is no thread any more that would do what is asked.
  private var isStopped = false
  let counters: SharedCounters

  init(
    configuration: LoopConfiguration, routes: Routes, logger: Logger, admission: Admission,
    listeners: [LoopListener]
  ) throws(ServerError) {
    wakeup = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    guard wakeup >= 0 else { throw .system("create an eventfd", errno) }
    counters = SharedCounters(routes: routes.names)
    inbox = .allocate(capacity: 1)
    inbox.initialize(to: Inbox())
    taken = .allocate(capacity: 1)
    taken.initialize(to: Inbox())
    loop = try Loop(
      owner: self, configuration: configuration, routes: routes, logger: logger,
      admission: admission, listeners: listeners, wakeup: wakeup, counters: counters.pointer)
  }

  deinit {
    for buffer in inbox.pointee.buffers { loop.state.pointee.pool.give(buffer) }
    loop.destroy()
    close(wakeup)
    inbox.deinitialize(count: 1)
    inbox.deallocate()
    taken.deinitialize(count: 1)
    taken.deallocate()
  }

  /// A loop for clients' connections.
  package convenience init(
    configuration: LoopConfiguration, logger: Logger
  ) throws(ServerError) {
    try self.init(
      configuration: configuration, routes: Routes(), logger: logger, admission: Admission(),
      listeners: [])
  }

  /// Serves until it is drained. Called once, on the loop's own thread.
  package func run() {
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Loop.eventsPerWait)
    defer { events.deallocate() }
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    while !loop.isDrained {
      loop.turn(events, mayWait: !hasWork.load(ordering: .relaxed)) { runInbox() }
    }
    // Whoever held a message or waits on this executor gets its due, from here on at once.
    lock.withLock { isStopped = true }
    emptyInbox()
  }

  // MARK: - From other threads

  func enqueue(_ work: Work) {
    let isLate = lock.withLock {
      if !isStopped { inbox.pointee.work.append(work) }
      return isStopped
    }
    if isLate { return decline(work) }
    hasWork.store(true, ordering: .releasing)
    if thread.load(ordering: .relaxed) == UInt(pthread_self()) { return }
    if !isSignalled.exchange(true, ordering: .acquiringAndReleasing) {
      var one: UInt64 = 1
      _ = write(wakeup, &one, 8)
    }
  }

  /// Runs a task's next step on the loop, so that asynchronous handlers hop no threads.
  package func enqueue(_ job: consuming ExecutorJob) {
    enqueue(.job(UnownedJob(job)))
  }

  /// Ends ``run()`` when the connections are closed, at the latest at the drain deadline.
  package func drain() { enqueue(.drain) }

  /// Begins a connection; its addresses are to follow.
  package func connect(_ attempt: ConnectAttempt) { enqueue(.connect(attempt)) }

  package func connect(_ attempt: ConnectAttempt, to addresses: [SocketAddress]) {
    enqueue(.advance(attempt, .resolved(addresses)))
  }

  /// Ends an attempt for a reason the loop cannot know. If it is open by now it is closed.
  package func fail(_ attempt: ConnectAttempt, _ failure: ConnectFailure) {
    enqueue(.advance(attempt, .failed(failure)))
  }

  func giveBack(_ buffer: Buffer) {
    lock.withLock { inbox.pointee.buffers.append(buffer) }
    // No wake-up: the pool is only looked at when the loop runs anyway.
    hasWork.store(true, ordering: .releasing)
  }

  private func runInbox() {
    // Also where there is no work: it may have been taken between its arrival and its signal, which
    // would else be thought to be still on its way. An exchange, so that whoever finds the signal
    // still set has its work seen below.
    if isSignalled.load(ordering: .relaxed) {
      _ = isSignalled.exchange(false, ordering: .acquiringAndReleasing)
    }
    guard hasWork.load(ordering: .relaxed) else { return }
    hasWork.store(false, ordering: .sequentiallyConsistent)
    emptyInbox()
  }

  private func emptyInbox() {
    lock.withLock { swap(&inbox.pointee, &taken.pointee) }
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
      guard let slot = loop.state.pointee.table.find(token), slot.pointee.phase.isOpen else {
        otherwise?()
        return
      }
      loop.perform(on: slot) { body(Connection(loop: loop, slot: slot)) }
    case .run(let body): body(LoopContext(loop: loop))
    case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
    case .taskEnded: loop.state.pointee.tasks -= 1
    case .connect(let attempt): loop.begin(attempt)
    case .advance(let attempt, let step): loop.advance(attempt, step)
    case .drain: loop.beginDrain()
    }
  }

  /// What becomes of work for a loop that has ended: its connections are gone, its tasks go on where
  /// others run.
  private func decline(_ work: Work) {
    switch work {
    case .perform(_, _, let otherwise): otherwise?()
    case .job(let job): globalConcurrentExecutor.enqueue(job)
    case .connect(let attempt): attempt.report(.failed(.shutDown))
    case .resume, .run, .taskEnded, .advance, .drain: break
    }
  }
}
