// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Compares the C core with pure Swift.",
    discussion: """
      First every method at every CPU level must give the same result as pure Swift; if one does \
      not, nothing is timed and the exit status is 1. Then all are timed in turn, and the tables \
      show medians. C/Swift is how many times as fast the C core is by default, which is by the \
      best CPU level, or the one SWIFTLET_CPU names, and by the method auto.
      """)

  @Option(help: "Timed repetitions of each implementation, of at least 200 µs each.")
  var repetitions = 15

  @Option(help: "Only kernels whose name and size contain this, such as 'median u8'.")
  var filter: String?

  @Option(help: "Write machine, versions and all times to this file.")
  var json: String?

  @Option(help: "Draw the ratios to this file.")
  var svg: String?

  func validate() throws {
    guard repetitions > 0 else { throw ValidationError("--repetitions must be at least 1.") }
  }

  func run() throws {
    var run = KernelRun(repetitions: repetitions)
    let live = LiveLine()
    do {
      defer { live.clear() }
      try run.run(filter: filter) { live.show($0) }
    }
    guard !run.measurements.isEmpty else {
      throw ValidationError("No kernel's name and size contain '\(filter ?? "")'.")
    }
    print(run.tables, terminator: "")
    if let json { try write(run.json(), to: json) }
    if let svg { try write(run.chart, to: svg) }
  }
}
