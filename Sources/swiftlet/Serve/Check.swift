// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `swiftlet check`.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a configuration for `swiftlet serve`, and exit.",
    discussion: """
      Takes the options of `swiftlet serve`, with the environment and the file of --config as it does, \
      and reads every file they name. Nothing is listened at, written or opened that a running server \
      may have open. Ends with 0, or with one sentence and the status `swiftlet serve` would end with.
      """)

  @OptionGroup
  var options: ServeOptions

  func run() async throws {
    _ = try await options.plan()
    print("the configuration is valid")
  }
}
