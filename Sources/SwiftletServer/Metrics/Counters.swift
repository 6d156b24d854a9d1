// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that one thread changes and any may read: a plain load and store, never a locked
/// instruction.
struct Counter: ~Copyable {
  private let value = Atomic<UInt64>(0)

  func add(_ amount: UInt64) {
    value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  func subtract(_ amount: UInt64) {
    value.store(value.load(ordering: .relaxed) &- amount, ordering: .relaxed)
  }

  func set(_ new: UInt64) { value.store(new, ordering: .relaxed) }

  var current: UInt64 { value.load(ordering: .relaxed) }
}

/// As many counters as a metric's label has values.
struct CounterArray: ~Copyable {
  private let first: UnsafeMutablePointer<Counter>
  let count: Int

  init(count: Int) {
    self.count = count
    first = .allocate(capacity: count)
    for index in 0..<count { (first + index).initialize(to: Counter()) }
  }

  deinit {
    first.deinitialize(count: count)
    first.deallocate()
  }

  subscript(index: Int) -> Counter {
    _read {
      precondition(index < count)
      yield first[index]
    }
  }
}

/// What one loop counts.
struct Counters: ~Copyable {
  let accepted = Counter()
  let open = Counter()
  let handshakes = Counter()
  let handshakeTimeouts = Counter()
  let webSockets = Counter()
  let streams = Counter()
  let refused = Counter()
  let acceptPauses = Counter()
  let httpResponses = Counter()
  let messagesReceived = Counter()
  let messagesSent = Counter()
  let bytesReceived = Counter()
  let bytesSent = Counter()
  let protocolErrors = Counter()
  let evictions = Counter()
  let tlsHandshakes = Counter()
  /// Of these handshakes, those that went on from an earlier session.
  let tlsResumptions = Counter()
  private let tlsFailures = CounterArray(count: TLSFailure.Label.allCases.count)
  let use = LoopUse()
  let serviceTimes: ServiceTimes
  private let closes = ClosesByCode()
  private let failures = CounterArray(count: HandshakeFailure.allCases.count)

  /// - Parameter routes: How many there are.
  init(routes: Int) { serviceTimes = ServiceTimes(routes: routes) }

  func closed(code: UInt16) { closes.count(code) }

  func closes(_ label: ClosesByCode.Label) -> UInt64 { closes[label] }

  func failed(_ reason: HandshakeFailure) { failures[reason.index].add(1) }

  func failures(_ reason: HandshakeFailure) -> UInt64 { failures[reason.index].current }

  func tlsFailed(_ label: TLSFailure.Label) { tlsFailures[label.rawValue].add(1) }

  func tlsFailures(_ label: TLSFailure.Label) -> UInt64 { tlsFailures[label.rawValue].current }
}

/// Holds a loop's counters in one place for the loop and for the metrics, which may outlive it.
final class SharedCounters: @unchecked Sendable {
  let pointer = UnsafeMutablePointer<Counters>.allocate(capacity: 1)
  /// By their numbers.
  let routes: [String]

  init(routes: [String]) {
    self.routes = routes
    pointer.initialize(to: Counters(routes: routes.count))
  }

  deinit {
    pointer.deinitialize(count: 1)
    pointer.deallocate()
  }
}

/// Ends of WebSockets by close code: the RFC's one by one, the rest together.
struct ClosesByCode: ~Copyable {
  enum Label: Int, CaseIterable {
    case normal, goingAway, protocolError, unsupported, noStatus, abnormal, invalidData, policy
    case tooBig, internalError, tryAgainLater, other

    /// As it stands in the metric's `code` label.
    var text: String {
      switch self {
      case .normal: "1000"
      case .goingAway: "1001"
      case .protocolError: "1002"
      case .unsupported: "1003"
      case .noStatus: "1005"
      case .abnormal: "1006"
      case .invalidData: "1007"
      case .policy: "1008"
      case .tooBig: "1009"
      case .internalError: "1011"
      case .tryAgainLater: "1013"
      case .other: "other"
      }
    }

    init(code: UInt16) {
      switch code {
      case 1000: self = .normal
      case 1001: self = .goingAway
      case 1002: self = .protocolError
      case 1003: self = .unsupported
      case 1005: self = .noStatus
      case 1006: self = .abnormal
      case 1007: self = .invalidData
      case 1008: self = .policy
      case 1009: self = .tooBig
      case 1011: self = .internalError
      case 1013: self = .tryAgainLater
      default: self = .other
      }
    }
  }

  private let counts = CounterArray(count: Label.allCases.count)

  func count(_ code: UInt16) { counts[Label(code: code).rawValue].add(1) }

  subscript(label: Label) -> UInt64 { counts[label.rawValue].current }
}
