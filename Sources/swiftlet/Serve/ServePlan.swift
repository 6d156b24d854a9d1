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
}
