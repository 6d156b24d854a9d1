// SPDX-License-Identifier: Apache-2.0

import SwiftletPerf

/// A run's progress on standard error: a line that is drawn anew where that can be done, else one a second.
final class LiveView {
  private let line = LiveLine()
  private var text = LiveText(.plain)
  private var lastLine = ContinuousClock.now

  func show(_ progress: LoadProgress) {
    let now = ContinuousClock.now
    if Terminal.isThere {
      text.style = .terminal(Terminal.width, isColoured: Terminal.isColoured)
      line.show(text.line(progress, at: now))
    } else {
      let written = text.line(progress, at: now)
      // Those of ended seconds, and others where there are none.
      guard progress.second != nil || now - lastLine > .milliseconds(1500) else { return }
      lastLine = now
      report(written + "\n")
    }
  }

  func clear() { line.clear() }
}
