// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

/// Writes to standard error.
func report(_ text: String) { _ = Glibc.write(STDERR_FILENO, text, text.utf8.count) }

/// Writes a file, or ends the command.
func write(_ text: String, to path: String) throws {
  let file = fopen(path, "w")
  let isWritten = file.map { fwrite(text, 1, text.utf8.count, $0) == text.utf8.count } ?? false
  // What is still in the buffer may fail to be written when it is closed.
  let isClosed = file.map { fclose($0) == 0 } ?? false
  guard isWritten, isClosed else {
    report("Cannot write \(path): \(String(cString: strerror(errno))).\n")
    throw ExitCode(EX_CANTCREAT)
  }
}

/// A line that replaces the one before, where somebody watches.
struct LiveLine {
  private let isWatched = isatty(STDERR_FILENO) == 1

  func show(_ line: String) {
    if isWatched { report("\r\u{1B}[K\(line)") }
  }

  func clear() { show("") }

  func show(_ progress: LoadProgress) {
    show("\(progress.phase): \(progress.opened) connections, \(progress.received) replies")
  }
}
