// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

@main
struct SwiftletPerfCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftlet-perf", abstract: "Measures WebSocket servers and the code inside them.",
    subcommands: [
      EchoCommand.self,
      ShortCommand.self,
      ImagesCommand.self,
      RampCommand.self,
      PeaksCommand.self,
      InstancesCommand.self,
      IdleCommand.self,
      FanoutCommand.self,
      PushCommand.self,
      CapacityCommand.self,
      CompareCommand.self,
      TransportsCommand.self,
      CodecsCommand.self,
      KernelsCommand.self,
      ReportCommand.self,
      NullServerCommand.self,
      ShareCommand.self,
    ])
}
