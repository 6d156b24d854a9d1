// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// The server command.
struct Swiftlet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftlet",
    abstract: "A WebSocket server for binary work.",
    version: "0.1.0",
    subcommands: [
      Serve.self,
      Check.self,
      Health.self,
      Sign.self,
    ])
}

@main
enum Main {
  static func main() async {
    do {
      var command = try Swiftlet.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as StartFailure {
      complain(failure.sentence)
      exit(failure.status)
    } catch {
      // Help and the version are not failures and go to standard output.
      guard Swiftlet.exitCode(for: error) != .success else { Swiftlet.exit(withError: error) }
      complain("\(Swiftlet.message(for: error)) (see swiftlet --help)")
      exit(EX_USAGE)
    }
  }

  private static func complain(_ sentence: String) {
    FileHandle.standardError.write(Data("swiftlet: \(sentence)\n".utf8))
  }
}

/// Why the server did not start or did not end well: one sentence, and a status of sysexits(3).
struct StartFailure: Error {
  var sentence: String
  var status: Int32

  init(_ sentence: String, status: Int32) {
    self.sentence = sentence
    self.status = status
  }
}
