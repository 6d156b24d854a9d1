// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// A piece of work that several implementations do; all must give the same outcome.
public struct Kernel {
  /// Kernels of one group have the same implementations and share a table.
  public enum Group: String, CaseIterable, Sendable, Codable {
    case unmask
    case utf8
    case text = "text payload"
    case handshake
    case image
  }

  public let group: Group
  /// What is done to what, such as `median u8 smooth`.
  public let name: String
  /// Such as `800x600` or `480,000 B`.
  public let size: String
  /// Bytes one run works on.
  public let bytes: Int
  /// Whether all outcomes must have the same bits. If not, those of one method must, and methods may
  /// differ by ``Outcome/tolerance``.
  public let isExact: Bool
  /// Makes the implementations and what they work on, which may be large.
  let subjects: () -> [Subject]
}

/// One implementation of a kernel.
public struct Subject {
  public enum Implementation: Hashable, Sendable {
    /// The C core: by a method where it has several, on the kernels of a CPU level.
    case c(method: ImageMethod?, level: CPULevel)
    /// The C core on the kernels of a CPU level, by two functions where it has one for both.
    case twoPasses(level: CPULevel)
    case swift
    /// Copies the bytes: what moving them costs, for comparison.
    case memcpy
    /// OpenSSL's `SHA1()` and `EVP_EncodeBlock()`, called directly.
    case openSSL
  }

  public let implementation: Implementation
  /// Whether it is timed; else it is only checked, being the same code as another subject.
  public let isTimed: Bool
  /// Does the work once and says what came out; `nil` for a yardstick, which computes nothing.
  public let outcome: (() throws(CoreError) -> Outcome)?
  /// Does the work that many times.
  public let work: (Int) -> Void
}

/// What an implementation computed.
public enum Outcome: Equatable, Sendable {
  case bytes([UInt8])
  case numbers([Double])

  /// How far floating-point sums in another order may be apart, relatively.
  public static let tolerance = 1e-12

  func hasBits(of other: Outcome) -> Bool {
    switch (self, other) {
    case (.bytes(let a), .bytes(let b)): a == b
    case (.numbers(let a), .numbers(let b)): a.map(\.bitPattern) == b.map(\.bitPattern)
    default: false
    }
  }

  func isNear(_ other: Outcome) -> Bool {
    guard case .numbers(let a) = self, case .numbers(let b) = other, a.count == b.count else {
      return self == other
    }
    return zip(a, b).allSatisfy { abs($0 - $1) <= Self.tolerance * max(abs($0), abs($1)) }
  }
}

extension Subject.Implementation: CustomStringConvertible {
  /// The name of its column.
  public var description: String {
    switch self {
    case .c(nil, let level): "C \(level)"
    case .c(.simd?, let level): "C simd \(level)"
    case .c(let method?, _): "C \(method.rawValue)"
    case .twoPasses(let level): "2 passes \(level)"
    case .swift: "Swift"
    case .memcpy: "memcpy"
    case .openSSL: "SHA1()"
    }
  }
}
