// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

/// One of the processes of a command, which starts them itself.
struct ShareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ShareProcess.command, shouldDisplay: false)

  @Argument
  var kind: String

  func run() async { await ShareProcess.run(kind) }
}
