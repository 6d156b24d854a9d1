// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

/// For scenarios that know the times of single messages.
struct MessageLogOptions: ParsableArguments {
  @Option(
    help: """
      Write a line a message to this file, JSON or, where it ends with .csv, comma-separated values: time, send, \
      recv, total, idx, in seconds. Several runs go to files of their own.
      """)
  var messages: String?

  private var format: MessageLog.Format {
    messages?.hasSuffix(".csv") == true ? .csv : .jsonLines
  }

  /// One that is written while messages are sent.
  func open() throws -> MessageLog? {
    guard let messages else { return nil }
    do {
      return try MessageLog(path: messages, format)
    } catch {
      throw failure(messages, "\(error)")
    }
  }

  /// Says in the run and to people what is missing in the log.
  func finish(_ log: MessageLog?, _ run: inout Run) async throws {
    guard let log, let messages else { return }
    do {
      let missed = try await log.finish()
      guard missed > 0 else { return }
      let remark = "\(missed) messages are missing in \(messages): it took them too slowly."
      run.remarks.append(remark)
      report("swiftlet-perf: \(remark)\n")
    } catch {
      throw failure(messages, "\(error)")
    }
  }

  /// Writes what runs kept.
  func write(_ runs: [Run]) throws {
    guard let messages else { return }
    for run in runs where !run.messages.isEmpty {
      var lines = MessageLines(format)
      for message in run.messages { lines.add(message) }
      let path = runs.count > 1 ? Self.path(messages, of: run.name) : messages
      try swiftlet_perf.write(String(decoding: lines.text, as: UTF8.self), to: path)
    }
  }

  private func failure(_ path: String, _ reason: String) -> any Error {
    report("Cannot write \(path): \(reason).\n")
    return ExitCode(EX_CANTCREAT)
  }

  /// `messages.csv` as `messages-long-serial-wait.csv`.
  private static func path(_ path: String, of run: String) -> String {
    let name = run.map { $0.isLetter || $0.isNumber ? "\($0)" : "-" }.joined()
      .split(separator: "-").joined(separator: "-")
    let begin = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[begin...].lastIndex(of: "."), dot > begin else {
      return "\(path)-\(name)"
    }
    return "\(path[..<dot])-\(name)\(path[dot...])"
  }
}
