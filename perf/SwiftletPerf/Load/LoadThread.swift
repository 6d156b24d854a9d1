// SPDX-License-Identifier: Apache-2.0

import DequeModule
import SwiftletClient
import SwiftletCore
import SwiftletServer
import Synchronization

/// A thread of load: an event loop with its connections, its messages and what it counts. Connections are
/// opened in `LoadThread+Open.swift`. This one is for messages that come back; the other patterns' are its subclasses.
///
/// All but ``progress`` is the loop's own from the first connection on: hence unchecked.
class LoadThread: @unchecked Sendable {
  /// What other threads may look at while it runs.
  struct Progress: ~Copyable, Sendable {
    let opened = Atomic(0)
    let failed = Atomic(0)
    let closed = Atomic(0)
    let sent = Atomic(0)
    let received = Atomic(0)
    let unanswered = Atomic(0)

    var counts: Counts {
      // These first: with them comes what was written before them.
      let (opened, failed) = (opened.load(ordering: .acquiring), failed.load(ordering: .acquiring))
      return Counts(
        opened: opened, failed: failed, closed: closed.load(ordering: .relaxed),
        sent: sent.load(ordering: .relaxed), received: received.load(ordering: .relaxed),
        unanswered: unanswered.load(ordering: .relaxed))
    }
  }

  struct Counts {
    var opened = 0
    var failed = 0
    var closed = 0
    var sent = 0
    var received = 0
    var unanswered = 0

    static func += (one: inout Counts, other: Counts) {
      one.opened += other.opened
      one.failed += other.failed
      one.closed += other.closed
      one.sent += other.sent
      one.received += other.received
      one.unanswered += other.unanswered
    }
  }

  enum State {
    case opening
    case sending
    /// Nothing new is sent.
    case finishing
  }

  /// What is looked at and changed with every message.
  struct Counting {
    var state = State.opening
    var isMeasuring = false
    var intervalEnd: UInt64 = 0
    var tally = Tally()
  }

  let progress = Progress()
  let plan: LoadPlan
  let client: WebSocketClient
  var connections: [LoadConnection] = []
  /// How many of them have been begun.
  var begun = 0
  /// Why the first connection failed that did.
  var failure: ConnectError?
  var phases = ConnectionPhases()
  var loop: LoopReference?

  /// Plain memory: in properties of an object every access would be checked not to overlap another.
  let counting = UnsafeMutablePointer<Counting>.allocate(capacity: 1)
  let target: Target
  private let payload: Payload
  /// Plain memory likewise.
  private let images = UnsafeMutablePointer<WireImages>.allocate(capacity: 1)
  /// Asked with every message, and a variable's access would be checked.
  let isScheduled: Bool
  private let isEcho: Bool
  /// Of each message.
  private let receivers: Int32
  private let ring: MessageRing?
  private var schedule: Schedule?
  /// When the next message is due.
  private var due: UInt64 = 0
  /// With a schedule: connections that have room, in turn, and when messages were due for which none had.
  var free = Deque<LoadConnection>()
  var waiting = Deque<UInt64>()

  private var usageBefore = ThreadUsage()

  init(_ plan: LoadPlan, index: Int) throws {
    self.plan = plan
    counting.initialize(to: Counting())
    var configuration = ClientConfiguration()
    configuration.maxMessageSize = max(configuration.maxMessageSize, 2 * plan.size)
    // A server that stalls is measured, not left.
    configuration.idleTimeout = .seconds(3600)
    configuration.pingInterval = .seconds(3600)
    configuration.trust = plan.trust
    client = try WebSocketClient(configuration: configuration)
    let target = try Target(plan.url)
    payload = Payload(plan.format, size: plan.size, seed: plan.seed)
    images.initialize(to: WireImages(of: payload, to: target, seed: plan.seed &+ UInt64(index)))
    self.target = target
    isScheduled = plan.arrivals != .closed && plan.pattern != .push
    isEcho = plan.pattern == .echo
    ring = plan.messages?.ring()
    receivers = plan.pattern == .fanout ? Int32(plan.connections - 1) : 1
    if isScheduled, case .open(let rate, let spacing) = plan.arrivals {
      schedule = Schedule(
        rate: rate / Double(plan.threads), spacing, seed: plan.seed &+ UInt64(index))
    }
    connections = (0..<plan.connections).map { number in
      LoadConnection(UInt32(index * plan.connections + number), of: self)
    }
  }

  deinit {
    counting.deinitialize(count: 1)
    counting.deallocate()
    images.deinitialize(count: 1)
    images.deallocate()
  }

  final var state: State { counting.pointee.state }

  /// Those that send.
  var senders: [LoadConnection] { connections }

  // MARK: - Phases

  /// Begins to send. With a schedule, from `start` on.
  func begin(at start: UInt64, _ loop: borrowing LoopContext) {
    counting.pointee.state = .sending
    if !isScheduled {
      for connection in senders {
        guard let reference = connection.reference else { continue }
        loop.with(reference) { open in
          let now = monotonicNanoseconds()
          for _ in 0..<plan.depth { send(on: connection, open, scheduled: now, now: now) }
        }
      }
    } else {
      free = Deque(senders)
      schedule!.start(at: start)
      due = schedule!.next()
      loop.setTimer(at: due) { [self] in sendWhatIsDue($0) }
    }
  }

  /// Begins to count anew, but for what was wrong: that counts from the start.
  func beginCounting() {
    let before = counting.pointee.tally
    counting.pointee.tally = Tally(faults: before.faults, complaint: before.complaint)
    counting.pointee.isMeasuring = true
    counting.pointee.intervalEnd = monotonicNanoseconds() + 1_000_000_000
    usageBefore = .now
    for connection in connections { connection.inFlight.pointee.answers = 0 }
  }

  /// Sends nothing more. What the thread used while it was measured.
  func endSending() -> ThreadUsage {
    counting.pointee.state = .finishing
    counting.pointee.isMeasuring = false
    countUnanswered()
    return .now - usageBefore
  }

  /// Whatever has no reply by now is lost.
  func endCounting() -> Tally {
    var tally = counting.pointee.tally
    countUnanswered()
    tally.faults.lost += connections.reduce(0) { $0 + $1.inFlight.pointee.owed }
    tally.unsent = waiting.count
    tally.intervals.append(tally.interval)
    // Until here it has the late ones only.
    tally.lateResponse = tally.response
    for interval in tally.intervals { tally.response.add(interval.response) }
    let receiving = plan.pattern == .fanout ? connections.dropFirst() : connections[...]
    tally.perConnection = receiving.map { $0.inFlight.pointee.answers }
    return tally
  }

  private func countUnanswered() {
    let count = connections.reduce(0) { $0 + $1.inFlight.pointee.count }
    progress.unanswered.store(count, ordering: .relaxed)
  }

  // MARK: - Messages

  /// Sends what the schedule asks for until now. When the next is due; nil when nothing is to be sent any
  /// more.
  private func sendWhatIsDue(_ loop: borrowing LoopContext) -> UInt64? {
    guard state == .sending else { return nil }
    var now = monotonicNanoseconds()
    while due <= now {
      let scheduled = due
      due = schedule!.next()
      if counting.pointee.isMeasuring { counting.pointee.tally.lag.note(now - scheduled) }
      if let connection = free.popFirst() {
        let isOpen = connection.reference.map { reference in
          loop.with(reference) { open in
            now = monotonicNanoseconds()
            send(on: connection, open, scheduled: scheduled, now: now)
            if connection.hasRoom { free.append(connection) }
          }
        }
        if isOpen == true { continue }
      }
      waiting.append(scheduled)
    }
    return due
  }

  @inline(__always)
  final func send(
    on connection: LoadConnection, _ open: borrowing Connection, scheduled: UInt64, now: UInt64
  ) {
    images.pointee.with(connection.inFlight.pointee.next, of: connection.number, in: payload) {
      open.send(framed: $0)
    }
    connection.inFlight.pointee.add(scheduled: scheduled, sent: now, receivers: receivers)
    progress.sent.increment()
    guard counting.pointee.isMeasuring else { return }
    counting.pointee.tally.interval.sent += 1
  }

  func received(
    _ message: RawSpan, _ kind: MessageKind, _ connection: LoadConnection,
    _ open: borrowing Connection
  ) {
    let sequence = payload.sequence(
      of: message, kind, on: connection.hears, near: connection.inFlight.pointee.oldest)
    // A call less for most loads' every message.
    if isEcho {
      returned(sequence, connection, open)
    } else {
      answered(sequence, connection, open)
    }
  }

  final func newParts() -> ReplyParts { ReplyParts(for: payload) }

  final func received(part: RawSpan, _ connection: LoadConnection, _ open: borrowing Connection) {
    part.withUnsafeBytes {
      connection.parts.pointee.add(
        $0, of: payload, on: connection.hears, near: connection.inFlight.pointee.oldest,
        at: open.arrival)
    }
  }

  /// A reply that came in parts is over.
  final func endReply(
    _ kind: MessageKind, _ connection: LoadConnection, _ open: borrowing Connection
  ) {
    let sequence = connection.parts.pointee.end(of: payload)
    answered(kind == payload.format.messageKind ? sequence : nil, connection, open)
  }

  /// A reply is there, to the message at this place in the sequence; nil when it is none as it was sent.
  func answered(
    _ sequence: UInt64?, _ connection: LoadConnection, _ open: borrowing Connection
  ) {
    returned(sequence, connection, open)
  }

  /// The same where the connection's own messages come back.
  @inline(__always)
  private func returned(
    _ sequence: UInt64?, _ connection: LoadConnection, _ open: borrowing Connection
  ) {
    let now = open.arrival
    let inFlight = connection.inFlight
    switch sequence.map({ inFlight.pointee.answer($0) }) {
    case .answers(let message): count(message, inFlight, now)
    case .overtaken(let message):
      count(message, inFlight, now)
      note { $0.reordered += 1 }
    case .duplicate: return note { $0.duplicated += 1 }
    case .unknown, nil: note { $0.corrupted += 1 }
    }
    if state == .sending { sendNext(on: connection, open, now) }
  }

  /// The connection has room again.
  @inline(__always)
  private func sendNext(
    on connection: LoadConnection, _ open: borrowing Connection, _ now: UInt64
  ) {
    if !isScheduled {
      send(on: connection, open, scheduled: now, now: now)
    } else if let scheduled = waiting.popFirst() {
      send(on: connection, open, scheduled: scheduled, now: now)
    } else if connection.inFlight.pointee.count == plan.depth - 1 {
      // It was full until now.
      free.append(connection)
    }
  }

  @inline(__always)
  final func count(
    _ message: InFlight.Message, _ inFlight: UnsafeMutablePointer<InFlight>, _ now: UInt64
  ) {
    progress.received.increment()
    guard counting.pointee.isMeasuring else {
      if state == .finishing { countLate(message, now) }
      return
    }
    if now >= counting.pointee.intervalEnd { endInterval(now) }
    inFlight.pointee.answers += 1
    counting.pointee.tally.received += 1
    counting.pointee.tally.interval.received += 1
    counting.pointee.tally.interval.response.note(now - message.scheduled)
    if isScheduled { counting.pointee.tally.service.note(now - message.sent) }
    ring?.note(.init(scheduled: message.scheduled, sent: message.sent, replied: now))
  }

  /// A reply after the end of the measurement, to a message sent within it: leaving out the slowest would
  /// flatter the server.
  private func countLate(_ message: InFlight.Message, _ now: UInt64) {
    counting.pointee.tally.late += 1
    counting.pointee.tally.response.note(now - message.scheduled)
    if isScheduled { counting.pointee.tally.service.note(now - message.sent) }
    ring?.note(.init(scheduled: message.scheduled, sent: message.sent, replied: now))
    progress.unanswered.subtract(1, ordering: .relaxed)
  }

  final func endInterval(_ now: UInt64) {
    while now >= counting.pointee.intervalEnd {
      counting.pointee.tally.intervals.append(counting.pointee.tally.interval)
      counting.pointee.tally.interval = Interval()
      counting.pointee.intervalEnd += 1_000_000_000
    }
  }

  /// A reply was wrong in a way that can be told.
  final func complain(_ complaint: String) {
    if counting.pointee.tally.complaint == nil { counting.pointee.tally.complaint = complaint }
    note { $0.corrupted += 1 }
  }

  final func note(_ fault: (inout Faults) -> Void) { fault(&counting.pointee.tally.faults) }
}

extension Atomic<Int> {
  /// For a counter that one thread alone writes: costs no more than a plain one.
  @inline(__always)
  func increment() {
    store(load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }
}
