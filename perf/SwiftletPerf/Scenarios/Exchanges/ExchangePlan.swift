// SPDX-License-Identifier: Apache-2.0

package import SwiftletCore
package import SwiftletServer

/// Messages each of which is answered before its connection sends the next, on connections that stay open or
/// on a new one for each.
package struct ExchangePlan: Sendable {
  package enum Life: String, Sendable, CaseIterable {
    /// Each connection is used for all its messages.
    case long
    /// Each message has its connection: connect, upgrade, send, get the reply, close.
    case short
  }

  package enum Amount: Sendable {
    case messages(Int)
    /// Measured for the time behind the warm-up.
    case time(Duration, warmUp: Duration)
  }

  package var url: String
  package var trust: TLSTrust
  package var life: Life
  /// Connections at a time.
  package var connections: Int
  package var amount: Amount
  /// A reply is waited for as long, then it is lost.
  package var patience: Duration
  /// Whether the times of each message are kept, and not only counted.
  package var keepsMessages: Bool

  package init(
    url: String, life: Life, connections: Int, amount: Amount, patience: Duration,
    keepsMessages: Bool = false, trust: TLSTrust = .system
  ) {
    self.url = url
    self.trust = trust
    self.life = life
    self.connections = connections
    self.amount = amount
    self.patience = patience
    self.keepsMessages = keepsMessages
  }
}

/// What is sent and what must come back, by the message's number.
package protocol Exchanges: Sendable {
  /// Calls `body` with the message.
  func with(_ number: Int, _ body: (RawSpan, MessageKind) -> Void)
  /// Whether this is the reply to the message.
  func isRight(_ reply: RawSpan, _ kind: MessageKind, to number: Int) -> Bool
}
