// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore
import SwiftletServer
import Synchronization

/// What a server may do wrong.
enum Misdeed: CaseIterable {
  case none, drops, duplicates, reorders, corrupts, crosses, closes

  /// Whether a client that waits for all replies would wait for ever.
  var losesReplies: Bool { self != .none && self != .duplicates }
}

/// Echoes, but is wrong about every hundredth message.
final class FaultyEcho: MessageHandler {
  private let misdeed: Misdeed
  private var count = 0
  private var held: [UInt8]?

  init(_ misdeed: Misdeed) { self.misdeed = misdeed }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    count += 1
    let isWrong = count % 100 == 0
    switch misdeed {
    case .drops where isWrong: return
    case .duplicates where isWrong: connection.send(message, kind: kind)
    case .reorders where isWrong:
      held = message.withUnsafeBytes(Array.init)
      return
    case .corrupts where isWrong:
      var bytes = message.withUnsafeBytes(Array.init)
      bytes[bytes.count / 2] ^= 1
      return connection.send(bytes.span.bytes, kind: kind)
    case .crosses where isWrong: return Crossing.send(message, kind, from: connection)
    case .closes where isWrong: return connection.close(.goingAway)
    default: break
    }
    connection.send(message, kind: kind)
    if let late = held {
      held = nil
      connection.send(late.span.bytes, kind: kind)
    }
  }
}

/// Sends messages to a connection that they are not for.
private enum Crossing {
  private static let other = Mutex<ConnectionReference?>(nil)

  static func send(_ message: RawSpan, _ kind: MessageKind, from connection: borrowing Connection) {
    let reference = connection.reference
    let bytes = message.withUnsafeBytes(Array.init)
    let target = other.withLock { other in
      defer { other = reference }
      return other
    }
    target?.perform { $0.send(bytes.span.bytes, kind: kind) }
  }
}

/// Echoes, but stands still for a while at every five hundredth message.
final class StallingEcho: MessageHandler {
  private static let count = Atomic(0)

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    if StallingEcho.count.add(1, ordering: .relaxed).newValue % 500 == 0 { usleep(200_000) }
    connection.send(message, kind: kind)
  }
}
