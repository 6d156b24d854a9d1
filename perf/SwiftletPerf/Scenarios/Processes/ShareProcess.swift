// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Glibc
internal import SwiftletCore
internal import Synchronization

/// The side of a process that was started to do its share: reads what that is from standard input, and writes
/// what comes of it to standard output.
package enum ShareProcess {
  /// The option by which a command's own program is started.
  package static let command = "share"

  package static func run(_ name: String) async {
    switch name {
    case IdleShare.name: await run(IdleShare.self)
    case LoadShare.name: await run(LoadShare.self)
    default: break
    }
  }

  private static func run<Work: Share>(_ type: Work.Type) async {
    guard let line = readLine(), let share = try? JSONDecoder().decode(type, from: Data(line.utf8))
    else { return }
    let last = Atomic<UInt64>(0)
    do {
      let outcome = try await share.run(
        { progress in
          // Not more often than people can read.
          let now = monotonicNanoseconds()
          guard now - last.load(ordering: .relaxed) > 100_000_000 else { return }
          last.store(now, ordering: .relaxed)
          write(ShareLine<Work>.progress(opened: progress.opened, received: progress.received))
        },
        opened: { opened in
          write(ShareLine<Work>.opened(opened))
          // Nobody to go on for.
          if readLine() == nil { exit(EXIT_FAILURE) }
        })
      write(ShareLine<Work>.outcome(outcome))
    } catch {
      write(ShareLine<Work>.failed("\(error)"))
    }
  }

  private static func write(_ line: some Encodable) {
    guard let text = try? JSONEncoder().encode(line) else { return }
    writeLine(String(decoding: text, as: UTF8.self), to: STDOUT_FILENO)
  }
}
