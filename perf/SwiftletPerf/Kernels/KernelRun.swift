// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// A run over the kernels: equality first, then speed.
public struct KernelRun {
  public let repetitions: Int
  /// The levels measured, in rising order; the last is the active one.
  public let levels: [CPULevel]
  public private(set) var measurements: [Measurement] = []

  public var activeLevel: CPULevel { levels[levels.count - 1] }

  /// Levels go up to the one that is active now.
  /// - Parameter repetitions: Timed repetitions of each implementation, at least 1.
  public init(repetitions: Int) {
    precondition(repetitions > 0)
    self.repetitions = repetitions
    levels = CPULevel.available.filter { $0 <= CPULevel.active }
  }

  /// Checks every kernel whose name and size contain `filter`, and then measures each.
  /// - Parameter progress: Is told what is being done.
  /// - Throws: ``Disagreement`` before anything is timed.
  public mutating func run(filter: String?, progress: (String) -> Void) throws {
    let kernels = Kernel.catalogue(levels: levels).filter { kernel in
      filter.map("\(kernel.name) \(kernel.size)".contains) ?? true
    }
    for kernel in kernels {
      progress("checking \(kernel.name) of \(kernel.size)")
      try kernel.check()
    }
    for kernel in kernels {
      progress("measuring \(kernel.name) of \(kernel.size)")
      measurements.append(kernel.measure(repetitions: repetitions))
    }
  }
}
