// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whom a server lets in, over all its loops.
final class Admission: Sendable {
  struct Limits: Sendable {
    /// Connections in total.
    var connections = Int.max
    /// Connections of one origin; 0 is no limit.
    var connectionsPerOrigin = 0
    /// New connections a second; 0 is no limit.
    var acceptRate = 0
  }

  private let limits: Limits
  private let open = Atomic(0)
  /// Connections of each origin that has any. Locked for a moment by accepting and closing, which
  /// cost a hundred times that in the kernel; empty without the limit.
  private let origins = Locked<[Origin: Int]>([:])
  private let rate: AcceptRate?

  init(_ limits: Limits = Limits()) {
    self.limits = limits
    rate = limits.acceptRate > 0 ? AcceptRate(perSecond: limits.acceptRate) : nil
  }

  /// Takes a place, which ``leave(_:)`` gives back; or says why there is none.
  func enter(_ origin: Origin) -> HandshakeFailure? {
    if open.add(1, ordering: .relaxed).newValue > limits.connections {
      open.subtract(1, ordering: .relaxed)
      return .connections
    }
    guard counts(origin), !takePlace(of: origin) else { return nil }
    open.subtract(1, ordering: .relaxed)
    return .connectionsPerAddress
  }

  func leave(_ origin: Origin) {
    open.subtract(1, ordering: .relaxed)
    guard counts(origin) else { return }
    origins.withLock { origins in
      guard let count = origins[origin] else { return }
      origins[origin] = count > 1 ? count - 1 : nil
    }
  }

  private func counts(_ origin: Origin) -> Bool {
    limits.connectionsPerOrigin > 0 && origin != .unknown
  }

  private func takePlace(of origin: Origin) -> Bool {
    origins.withLock { origins in
      let count = origins[origin, default: 0]
      guard count < limits.connectionsPerOrigin else { return false }
      origins[origin] = count + 1
      return true
    }
  }

  // MARK: - Rate

  /// Whether one more may be accepted now. Loops that ask at the same time may each be told so.
  var mayAccept: Bool { rate?.hasRoom ?? true }

  func noteAccepted() { rate?.take() }
}
