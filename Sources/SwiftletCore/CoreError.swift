// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// What a function of the C core refused to do, or what a peer did wrong: one of its negative
/// codes. A plain value: making, throwing and comparing it allocates nothing.
public struct CoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The code as `swl_error` numbers it, negative.
  public let code: Int32

  /// An error from a code the C core returned. `code` must be negative.
  public init(code: Int32) {
    precondition(code < 0, "\(code) is not an error of the C core")
    self.code = code
  }

  /// Throws when `result` is negative.
  /// - Returns: `result`, when it is not an error.
  @discardableResult
  public static func check(_ result: Int32) throws(CoreError) -> Int {
    guard result >= 0 else { throw CoreError(code: result) }
    return Int(result)
  }

  /// A short English sentence without a full stop, made by the C core.
  public var description: String { String(cString: swl_strerror(code)) }

  /// What to close a connection with after this error (RFC 6455 §7.4.1): ``CloseCode/protocolError``,
  /// ``CloseCode/invalidData`` or ``CloseCode/messageTooBig`` for the peer's breaches, and
  /// ``CloseCode/internalError`` for all else.
  public var closeCode: CloseCode { CloseCode(rawValue: swl_error_close_code(code)) }
}

extension CoreError {
  /// An argument outside what the function allows.
  public static var argument: CoreError { CoreError(SWL_ERROR_ARGUMENT) }
  /// No memory.
  public static var memory: CoreError { CoreError(SWL_ERROR_MEMORY) }
  /// The cryptographic library failed.
  public static var crypto: CoreError { CoreError(SWL_ERROR_CRYPTO) }
  /// An output buffer is too small.
  public static var space: CoreError { CoreError(SWL_ERROR_SPACE) }
  /// Text or a close reason that is not UTF-8 (RFC 6455 §8.1).
  public static var utf8: CoreError { CoreError(SWL_ERROR_UTF8) }
  /// A message larger than the limit.
  public static var messageSize: CoreError { CoreError(SWL_ERROR_MESSAGE_SIZE) }
  /// An image without pixels.
  public static var empty: CoreError { CoreError(SWL_ERROR_EMPTY) }
  /// A size that does not fit rows, columns, channels, stride and format.
  public static var layout: CoreError { CoreError(SWL_ERROR_LAYOUT) }
  /// A method this build or this pixel format does not have.
  public static var unsupported: CoreError { CoreError(SWL_ERROR_UNSUPPORTED) }

  private init(_ error: swl_error) { self.init(code: error.rawValue) }
}
