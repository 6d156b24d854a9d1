// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// An instruction set the C kernels are written for, in rising order on each architecture.
public enum CPULevel: Int, CaseIterable, Comparable, Sendable, CustomStringConvertible {
  case scalar, sse2, avx2, avx512, neon

  /// The level in use: ``best``, held down by the environment's `SWIFTLET_CPU` and by
  /// ``limit(to:)``.
  public static var active: CPULevel { CPULevel(swl_cpu_active()) }

  /// The best level this machine and build have, whatever the limit.
  public static var best: CPULevel { CPULevel(swl_cpu_best()) }

  /// Every level this machine can be limited to, in rising order; ``scalar`` is always there.
  public static var available: [CPULevel] {
    let best = best
    // NEON stands alone on its architecture: the x86 levels are not below it.
    return allCases.filter { best == .neon ? $0 == .scalar || $0 == .neon : $0 <= best }
  }

  /// Holds the kernels at `level`, or at the best the machine has below it, for the whole process.
  ///
  /// For tests and measurements: call it while no other thread is inside the C core.
  /// - Returns: The level now in use.
  @discardableResult
  public static func limit(to level: CPULevel) -> CPULevel {
    CPULevel(swl_cpu_limit(level.imported))
  }

  public static func < (left: CPULevel, right: CPULevel) -> Bool { left.rawValue < right.rawValue }

  /// The name `SWIFTLET_CPU` knows the level by, such as `avx2`.
  public var description: String { String(cString: swl_cpu_name(imported)) }

  private var imported: swl_cpu {
    switch self {
    case .scalar: SWL_CPU_SCALAR
    case .sse2: SWL_CPU_SSE2
    case .avx2: SWL_CPU_AVX2
    case .avx512: SWL_CPU_AVX512
    case .neon: SWL_CPU_NEON
    }
  }

  private init(_ level: swl_cpu) {
    switch level {
    case SWL_CPU_SSE2: self = .sse2
    case SWL_CPU_AVX2: self = .avx2
    case SWL_CPU_AVX512: self = .avx512
    case SWL_CPU_NEON: self = .neon
    default: self = .scalar
    }
  }
}
