// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

/// A type that is one value, not a container of others.
protocol Scalar {
  /// nil when the value is of another type, or beyond this one's range.
  init?(_ value: Value)
  var asValue: Value { get }
}

extension Scalar where Self: FixedWidthInteger {
  init?(_ value: Value) {
    switch value {
    case .int(let number): self.init(exactly: number)
    case .uint(let number): self.init(exactly: number)
    case .float(let number): self.init(exactly: number)
    case .double(let number): self.init(exactly: number)
    default: return nil
    }
  }

  var asValue: Value { Int64(exactly: self).map { .int($0) } ?? .uint(UInt64(self)) }
}

extension Int: Scalar {}
extension Int8: Scalar {}
extension Int16: Scalar {}
extension Int32: Scalar {}
extension Int64: Scalar {}
extension UInt: Scalar {}
extension UInt8: Scalar {}
extension UInt16: Scalar {}
extension UInt32: Scalar {}
extension UInt64: Scalar {}

extension Double: Scalar {
  init?(_ value: Value) {
    switch value {
    case .int(let number): self.init(number)
    case .uint(let number): self.init(number)
    case .float(let number): self.init(number)
    case .double(let number): self = number
    default: return nil
    }
  }

  var asValue: Value { .double(self) }
}

extension Float: Scalar {
  init?(_ value: Value) {
    guard let number = Double(value) else { return nil }
    self.init(number)
  }

  var asValue: Value { .float(self) }
}

extension Bool: Scalar {
  init?(_ value: Value) {
    guard case .bool(let bool) = value else { return nil }
    self = bool
  }

  var asValue: Value { .bool(self) }
}

extension String: Scalar {
  init?(_ value: Value) {
    guard case .string(let text) = value else { return nil }
    self = text
  }

  var asValue: Value { .string(self) }
}

/// MessagePack's bin. JSON has no such thing: there, as an array of numbers, they come back the same.
extension [UInt8]: Scalar {
  init?(_ value: Value) {
    switch value {
    case .binary(let bytes): self = bytes
    case .array(let elements):
      let bytes = elements.compactMap { UInt8($0) }
      guard bytes.count == elements.count else { return nil }
      self = bytes
    default: return nil
    }
  }

  var asValue: Value { .binary(self) }
}
