// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// Sends each message back as it came. Has no state of its own.
final class Echo: MessageHandler {
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    connection.send(message, kind: kind)
  }
}
