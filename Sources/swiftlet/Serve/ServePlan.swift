// SPDX-License-Identifier: Apache-2.0

import Logging
import SwiftletServer

/// What the options come to, every file they name being read: nothing is bound, opened or begun yet.
struct ServePlan {
  var server = ServerConfiguration()
  var compression = Compression.off
  var tcpEchoPort: UInt16?
  /// Where the results of acknowledged images go.
  var record: String?
  var access = AccessPlan()
  var messaging = MessagingPlan()
  var operations = OperationsPlan()
  var logLevel = Logger.Level.info
  /// What is read anew on SIGHUP.
  var reloads: [Reload.Step] = []

  /// The same at sockets that were passed, in place of those it would open.
  func listening(at sockets: [Int32]) -> ServePlan {
    var plan = self
    if !sockets.isEmpty {
      plan.server.inheritedSockets = sockets
      plan.server.unixSocket = nil
      plan.server.listensAtPort = false
    }
    return plan
  }
}
