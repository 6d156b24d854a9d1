// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

// Bodies of requests, and of responses.

/// A map of those fields that there are.
func fields(_ fields: KeyValuePairs<String, Value?>) -> Value {
  var map = Value.Map()
  for (name, value) in fields {
    if let value { map.set(.string(name), value) }
  }
  return .map(map)
}

extension Value {
  static func strings(_ texts: [String]) -> Value { .array(texts.map { .string($0) }) }

  static func seconds(_ duration: Duration?) -> Value? {
    guard let (seconds, fraction) = duration?.components else { return nil }
    return .int(fraction > 0 ? seconds + 1 : seconds)
  }

  static func number(_ number: Int?) -> Value? { number.map { .int(Int64($0)) } }
}

extension Value {
  subscript(_ key: String) -> Value? {
    if case .map(let map) = self { map[key] } else { nil }
  }

  func text(_ key: String) throws -> String {
    guard case .string(let text)? = self[key] else { throw missing(key) }
    return text
  }

  func integer(_ key: String) throws -> Int64 {
    guard case .int(let number)? = self[key] else { throw missing(key) }
    return number
  }

  func seconds(_ key: String) throws -> Duration { .seconds(try integer(key)) }

  func array(_ key: String) throws -> [Value] {
    guard case .array(let elements)? = self[key] else { throw missing(key) }
    return elements
  }

  func texts(_ key: String) throws -> [String] {
    try array(key).map { element in
      guard case .string(let text) = element else { throw missing(key) }
      return text
    }
  }

  /// nil also when it is null.
  func textIfThere(_ key: String) -> String? {
    if case .string(let text)? = self[key] { text } else { nil }
  }

  private func missing(_ key: String) -> MessagingError {
    .unexpected("no good \(key) in an answer")
  }
}
