// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// A connection of the messaging service: carries out what its conversation has to say.
final class MessagingHandler: MessageHandler {
  private let service: MessagingService
  private let grant: Grant?
  private var conversation: Conversation!

  /// - Parameter grant: What the client was let in for at the upgrade.
  init(_ service: MessagingService, grant: Grant?) {
    self.service = service
    self.grant = grant
  }

  override func opened(_ connection: borrowing Connection) {
    let reference = connection.reference
    conversation = Conversation(service) { conversation in
      reference.perform { connection in
        conversation.isFull = connection.isBacklogged
        conversation.flush { conversation.carryOut($0, on: connection) }
      }
    }
    if let grant {
      conversation.admit(grant) { conversation.carryOut($0, on: connection) }
    }
  }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    conversation.receive(message, kind: kind) { conversation.carryOut($0, on: connection) }
  }

  override func drained(_ connection: borrowing Connection) {
    conversation.drained { conversation.carryOut($0, on: connection) }
  }

  override func woken(_ connection: borrowing Connection) {
    conversation.woken { conversation.carryOut($0, on: connection) }
  }

  override var isBusy: Bool { conversation.isBusy }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    conversation.end()
  }
}

extension Conversation {
  func carryOut(_ effect: Effect, on connection: borrowing Connection) {
    switch effect {
    case .send(let message, let kind):
      connection.send(message.bytes, kind: kind)
      isFull = connection.isBacklogged
    case .close(let code, let reason): connection.close(code, reason: reason)
    case .pauseReading: connection.pauseReading()
    case .resumeReading: connection.reference.resumeReading()
    case .wake(let time): connection.wake(after: time)
    case .subscribe(let subscriptions):
      begin(service.subscribe(subscriptions, connection.reference, self))
    }
  }
}
