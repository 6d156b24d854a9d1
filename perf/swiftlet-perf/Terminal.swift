// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

/// Writes to standard error.
func report(_ text: String) { _ = Glibc.write(STDERR_FILENO, text, text.utf8.count) }

/// This program's file.
var ownPath: String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { path in
    let count = readlink("/proc/self/exe", path.baseAddress!, path.count - 1)
    guard count > 0 else { return CommandLine.arguments[0] }
    path[count] = 0
    return String(cString: path.baseAddress!)
  }
}

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

/// What standard error is good for.
enum Terminal {
  /// Whether a line can be replaced.
  static let isThere = isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"

  /// See https://no-color.org.
  static let isColoured = isThere && (variable("NO_COLOR") ?? "").isEmpty

  /// Columns; asked for each time, since windows change.
  static var width: Int {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}

/// A line that replaces the one before, where somebody watches.
struct LiveLine {
  func show(_ line: String) {
    if Terminal.isThere { report("\r\u{1B}[K\(line)") }
  }

  func clear() { show("") }
}
