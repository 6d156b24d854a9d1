// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// Validates a text that arrives in pieces, as UTF-8 (RFC 3629): a character may be cut anywhere.
///
/// Fail-fast: a character is refused at its first impossible byte, not at its end, as RFC 6455 §8.1
/// wants of an endpoint that reads text messages fragment by fragment.
public struct UTF8Validator: Hashable, Sendable {
  private var state: swl_utf8 = 0

  /// A validator before the first byte of a text.
  public init() {}

  /// Validates the next piece of the text.
  /// - Returns: Whether what was seen so far can begin a UTF-8 text. Once `false`, always `false`.
  @discardableResult
  public mutating func update(_ bytes: RawSpan) -> Bool {
    let before = state
    state = bytes.withUnsafeBytes { swl_utf8_update(before, $0.baseAddress, $0.count) }
    return !isInvalid
  }

  /// Whether the text seen so far cannot become UTF-8 any more.
  public var isInvalid: Bool { state == UInt32.max }

  /// Whether the text seen so far is UTF-8 and ends between characters: true of an empty one.
  public var isComplete: Bool { state == 0 }
}
