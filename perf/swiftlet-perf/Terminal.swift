// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletPerf

/// Writes to standard error.
func report(_ text: String) { _ = Glibc.write(STDERR_FILENO, text, text.utf8.count) }

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
