// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import CTLS
import DequeModule
import Glibc
import HeapModule
import Logging
import SwiftletCore

/// Everything one event loop owns. Touched by its thread alone.
struct LoopState {
  let epoll: Int32
  let wakeup: Int32
  /// None once it drains.
  var listeners: [LoopListener]
  let deadlines: LoopConfiguration.Deadlines
  /// How often deadlines are looked at, in milliseconds.
  var sweepInterval: UInt32
  let sendQueueLimit: Int
  let messageMemory: Int
  let routes: Routes
  let logger: Logger
  let admission: Admission
  /// What clients' connections to the server's port speak below HTTP, if anything.
  let tls: ServerTLS?
  /// What other threads know of this loop.
  var owner: Unmanaged<EventLoop>
  let counters: UnsafeMutablePointer<Counters>
  /// Shared by all connections' protocol machines, which keep the pointer.
  let limits: UnsafeMutablePointer<swl_limits>
  /// Where clients' keys and masks come from.
  let random: UnsafeMutablePointer<swl_random>

  /// What is read lands here, and whole messages are handed out in place.
  let receive: UnsafeMutableRawPointer
  /// Replies to the connection whose event is being handled, framed back to back for one send.
  let cork: UnsafeMutableRawPointer
  var corkCount = 0
  /// Where records of TLS are gathered; made with the first session.
  var tlsOutput: OpaquePointer?
  var current: Slot?
  /// When the connection at hand was first found to have more to do, in nanoseconds; 0 before.
  var turnBegan: UInt64 = 0
  /// The message buffer a handler is looking at: sending or keeping its bytes takes it over.
  var delivering: Buffer?

  let fields: UnsafeMutablePointer<swl_http_field>
  /// Where the response's Sec-WebSocket-Extensions is written.
  let extensions: UnsafeMutablePointer<CChar>
  var pool = BufferPool()
  var contexts = SharedContexts()
  var table = ConnectionTable()

  /// Milliseconds on a monotonic clock, read once an iteration. Wraps: compare by subtraction.
  var now: UInt32 = 0
  /// When the input at hand was read, once somebody has asked: nanoseconds, 0 before.
  var arrival: UInt64 = 0
  var lastSweep: UInt32 = 0
  var lastTrim: UInt32 = 0
  /// When control frames were last counted anew.
  var lastTick: UInt32 = 0
  /// Clients' connections that are not open yet, by their places in the table.
  var attempts: [UInt32: ConnectAttempt] = [:]
  /// When running out of file descriptors was last logged.
  var acceptWarned: UInt32?
  /// The listeners are out of epoll since the process ran out of file descriptors.
  var acceptPaused = false
  /// On requests that have not come to their routes, by their connections' places in the table.
  var decisions: [UInt32: AccessDecision] = [:]
  /// What responses to requests that have been let in hold besides their routes' fields, likewise.
  var responseFields: [UInt32: [(name: String, value: String)]] = [:]
  /// What the loop is to do at times of its own.
  var timers = Heap<LoopTimer>()
  /// Connections to come back to without being told by epoll.
  var unread: [Token] = []
  var newHandshakes = Deque<Token>()
  var begunHandshakes = Deque<Token>()
  var isNewNext = false
  /// Requests that are not answered yet, and WebSockets whose ends are logged, by their places in the table.
  var requests: [UInt32: RequestNote] = [:]
  var requestNames = RequestNames()
  /// Tasks of asynchronous handlers that have not ended.
  var tasks = 0
  var drain = Drain.no
}

enum Drain {
  case no
  /// Since when, by the loop's clock.
  case began(UInt32)
}

/// The engine's view of a loop: a plain pointer, so that handing it around costs no reference
/// counting. All of the engine is written as extensions of it, a file an idea.
struct Loop {
  let state: UnsafeMutablePointer<LoopState>

  /// A read takes at most this much. Messages up to it are handled where they land; larger reads
  /// leave the cache before they are looked at.
  static let receiveCapacity = 256 << 10
  /// Replies gathered for one send.
  static let corkCapacity = 64 << 10
  /// Payloads over this are sent from where they lie instead of being copied into the cork.
  static let corkedPayload = 16 << 10
  /// Memory any message may claim; more is given to what has arrived, never to what is promised.
  static let leastCapacity = 4 << 10
  static let maxHeadSize = 16 << 10
  /// A little more than RFC 9112 §3 has every server take.
  static let maxTargetSize = 8 << 10
  static let maxFields = 64
  static let eventsPerWait = 256

  init(
    owner: EventLoop, configuration: LoopConfiguration, routes: Routes, logger: Logger,
    admission: Admission, listeners: [LoopListener], wakeup: Int32,
    counters: UnsafeMutablePointer<Counters>
  ) throws(ServerError) {
    let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw .system("create an epoll instance", errno) }
    let limits = UnsafeMutablePointer<swl_limits>.allocate(capacity: 1)
    limits.initialize(
      to: swl_limits(
        size: MemoryLayout<swl_limits>.size,
        max_message_size: UInt64(configuration.maxMessageSize),
        max_frame_size: 0,
        max_fragments: configuration.maxFragments,
        max_controls: configuration.maxControlFramesPerSecond))
    let random = UnsafeMutablePointer<swl_random>.allocate(capacity: 1)
    random.initialize(to: swl_random())
    state = .allocate(capacity: 1)
    state.initialize(
      to: LoopState(
        epoll: epoll, wakeup: wakeup, listeners: listeners, deadlines: configuration.deadlines,
        sweepInterval: configuration.sweepInterval, sendQueueLimit: configuration.sendQueueLimit,
        messageMemory: configuration.messageMemory,
        routes: routes, logger: logger,
        admission: admission, tls: configuration.tls, owner: .passUnretained(owner),
        counters: counters, limits: limits,
        random: random, receive: .allocate(byteCount: Loop.receiveCapacity, alignment: 4096),
        cork: .allocate(byteCount: Loop.corkCapacity, alignment: 4096),
        fields: .allocate(capacity: Loop.maxFields),
        extensions: .allocate(capacity: Int(SWL_DEFLATE_EXTENSION_MAX))))
    noteTime(monotonicNanoseconds())
    state.pointee.lastSweep = state.pointee.now
    for number in listeners.indices { watchListener(number) }
    watchWakeup()
  }

  /// Frees everything. No connection may be left.
  func destroy() {
    stopListening()
    close(state.pointee.epoll)
    state.pointee.pool.destroy()
    state.pointee.contexts.destroy()
    state.pointee.table.destroy()
    state.pointee.receive.deallocate()
    state.pointee.cork.deallocate()
    state.pointee.fields.deallocate()
    state.pointee.extensions.deallocate()
    state.pointee.limits.deallocate()
    state.pointee.random.deallocate()
    tls_output_free(state.pointee.tlsOutput)
    state.deinitialize(count: 1)
    state.deallocate()
  }

  private func noteTime(_ nanoseconds: UInt64) {
    state.pointee.now = UInt32(truncatingIfNeeded: nanoseconds / 1_000_000)
  }

  /// Milliseconds from `past` until now.
  func elapsed(since past: UInt32) -> UInt32 { state.pointee.now &- past }

  private func watchWakeup() {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = Token.wakeup.rawValue
    _ = epoll_ctl(state.pointee.epoll, EPOLL_CTL_ADD, state.pointee.wakeup, &event)
  }

  // MARK: - Events

  /// Waits once, or only looks, and handles what came. `runInbox` runs what was asked of the loop.
  func turn(
    _ events: UnsafeMutablePointer<epoll_event>, mayWait: Bool, runInbox: () -> Void
  ) {
    let count = wait(events, upTo: mayWait && !hasTurns ? state.pointee.sweepInterval : 0)
    let woke = monotonicNanoseconds()
    noteTime(woke)
    state.pointee.counters.pointee.use.began(at: woke)
    for index in 0..<Int(max(count, 0)) {
      let event = events[index]
      let token = Token(rawValue: event.data.u64)
      if let slot = state.pointee.table.find(token) {
        handle(event.events, slot)
      } else if let number = token.listener {
        acceptConnections(from: number)
      } else if token == .wakeup {
        var value: UInt64 = 0
        _ = read(state.pointee.wakeup, &value, 8)
      }
    }
    runInbox()
    runTimers()
    if hasTurns { runTurns() }
    relieveMemory()
    if elapsed(since: state.pointee.lastSweep) >= state.pointee.sweepInterval { sweep() }
    state.pointee.counters.pointee.use.ended(at: monotonicNanoseconds())
  }

  private func wait(
    _ events: UnsafeMutablePointer<epoll_event>, upTo milliseconds: UInt32
  ) -> Int32 {
    guard let timer = state.pointee.timers.min else {
      return epoll_wait(
        state.pointee.epoll, events, Int32(Loop.eventsPerWait), Int32(milliseconds))
    }
    return platform_wait(
      state.pointee.epoll, events, Int32(Loop.eventsPerWait),
      min(timer.remaining, Int64(milliseconds) * 1_000_000))
  }

  private func handle(_ events: UInt32, _ slot: Slot) {
    perform(on: slot) {
      if slot.pointee.phase == .connecting { return connectProgressed(slot, events) }
      if events & EPOLLOUT.rawValue != 0 { writable(slot) }
      if events & ~EPOLLOUT.rawValue != 0 {
        // With nothing left to read, an error or a hang-up is all that can have come.
        if slot.pointee.phase == .finishing { abandon(slot) } else { readable(slot) }
      }
    }
  }

  /// Runs `body` with `slot` as the connection whose replies are corked, then sends them and settles
  /// what the connection waits for next. All work on a connection goes through here.
  func perform(on slot: Slot, _ body: () -> Void) {
    assert(state.pointee.current == nil && state.pointee.corkCount == 0)
    state.pointee.current = slot
    state.pointee.turnBegan = 0
    let before = servedCount
    body()
    // One that ends now leaves its place, and its route with it.
    let route = slot.pointee.route
    settle(slot)
    state.pointee.current = nil
    let served = servedCount &- before
    if served > 0, route != ServiceTimes.noRoute { noteServed(served, route) }
  }

  /// Messages received and requests answered so far.
  private var servedCount: UInt64 {
    state.pointee.counters.pointee.messagesReceived.current
      &+ state.pointee.counters.pointee.httpResponses.current
  }

  private func noteServed(_ count: UInt64, _ route: UInt16) {
    let spent = state.pointee.counters.pointee.use.currentTurn
    state.pointee.counters.pointee.serviceTimes.note(spent, times: count, route: route)
  }

  private func settle(_ slot: Slot) {
    // A close begun while reading was stopped: the peer's answer may have been read already.
    if slot.pointee.phase == .closeSent { resume(slot) }
    flushCork(slot)
    if slot.pointee.phase.isOpen { drainIfIdle(slot) }
    // A close ends a pause: the peer's own may lie in what had to wait.
    if slot.pointee.phase == .closeSent { resume(slot) }
    finishIfSent(slot)
    if slot.pointee.phase == .dead {
      release(slot)
    } else {
      queueIfUnread(slot)
      updateInterest(slot)
    }
  }

  /// Asks epoll for what the connection can use now.
  private func updateInterest(_ slot: Slot) {
    var interest: UInt32 = 0
    if slot.pointee.flags.isDisjoint(with: .stopped) && slot.pointee.phase != .finishing
      && !isQueuedForHandshake(slot)
    {
      interest |= EPOLLIN.rawValue
    }
    if hasOutput(slot) || slot.pointee.phase == .connecting {
      interest |= EPOLLOUT.rawValue
    }
    guard interest != slot.pointee.interest else { return }
    slot.pointee.interest = interest
    var event = epoll_event()
    event.events = interest
    event.data.u64 = slot.token.rawValue
    _ = epoll_ctl(state.pointee.epoll, EPOLL_CTL_MOD, slot.pointee.fd, &event)
  }
}
