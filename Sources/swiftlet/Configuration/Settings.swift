// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Logging
import SwiftletCore
import SwiftletServer
import SystemPackage

/// Where an option's value comes from: the command line, else the environment, else a file.
struct Settings {
  private let environment: ConfigReader
  private let file: FileProvider<JSONSnapshot>?
  private let path: String
  private let asked = Names()

  /// The options that were looked for.
  private final class Names {
    var names: Set<String> = []
  }

  /// Reads the file named on the command line or by SWIFTLET_CONFIG, if any.
  init(
    file path: String?,
    environment variables: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    environment = ConfigReader(
      provider: EnvironmentVariablesProvider(environmentVariables: variables)
    ).scoped(to: "swiftlet")
    guard let path = path ?? environment.string(forKey: "config") else {
      file = nil
      self.path = ""
      return
    }
    do {
      file = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
    } catch {
      throw StartFailure(
        "cannot read the configuration file \"\(path)\" as JSON: \(error)", status: EX_CONFIG)
    }
    self.path = path
  }

  /// Sets `target` to the option's value where one is given.
  func read<Value: Setting>(
    _ name: String, _ flag: String?, into target: inout Value
  ) throws(StartFailure) where Value.Value == Value {
    try read(name, flag, into: &target, as: Value.self)
  }

  /// The same for an optional value.
  func read<Value: Setting>(
    _ name: String, _ flag: String?, into target: inout Value?
  ) throws(StartFailure) where Value.Value == Value {
    guard let text = try find(name, flag) else { return }
    target = try parse(text, as: Value.self)
  }

  /// The same for a number within bounds.
  func read(
    _ name: String, _ flag: String?, into target: inout Int, in range: ClosedRange<Int>
  ) throws(StartFailure) {
    guard let text = try find(name, flag) else { return }
    let value = try parse(text, as: Int.self)
    guard range.contains(value) else {
      throw text.failure("is not within \(range.lowerBound) to \(range.upperBound)")
    }
    target = value
  }

  /// The same for a value written in another type's form.
  func read<Form: Setting>(
    _ name: String, _ flag: String?, into target: inout Form.Value, as form: Form.Type
  ) throws(StartFailure) {
    guard let text = try find(name, flag) else { return }
    target = try parse(text, as: form)
  }

  private func parse<Form: Setting>(
    _ text: Found, as form: Form.Type
  ) throws(StartFailure) -> Form.Value {
    guard let value = Form.parse(text.value) else { throw text.failure("is not \(Form.form)") }
    return value
  }

  /// Complains of a key in the file that is no option: most likely one that is misspelt. Called when all
  /// options have been read. Not so in the environment, where others put variables of such names.
  func refuseUnknownKeys() throws(StartFailure) {
    guard file != nil, let data = FileManager.default.contents(atPath: path),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { return }
    guard let unknown = object.keys.filter({ !asked.names.contains($0) }).min() else { return }
    throw StartFailure(
      "\"\(unknown)\" in \(path) is no option: see swiftlet serve --help", status: EX_CONFIG)
  }

  /// A value as written, and where.
  private struct Found {
    var value: String
    var place: String
    var status: Int32

    func failure(_ complaint: String) -> StartFailure {
      StartFailure("\(place): \"\(value)\" \(complaint)", status: status)
    }
  }

  private func find(_ name: String, _ flag: String?) throws(StartFailure) -> Found? {
    asked.names.insert(name)
    if let flag { return Found(value: flag, place: "--\(name)", status: EX_USAGE) }
    let key = ConfigKey(name)
    if let value = environment.string(forKey: key) {
      let variable = "SWIFTLET_" + name.uppercased().replacing("-", with: "_")
      return Found(value: value, place: variable, status: EX_CONFIG)
    }
    guard let file else { return nil }
    let place = "\"\(name)\" in \(path)"
    let absolute = AbsoluteConfigKey(key)
    // The provider throws for a value of another type than asked for.
    if let text = try? file.value(forKey: absolute, type: .string) {
      guard case .string(let value)? = text.value?.content else { return nil }
      return Found(value: value, place: place, status: EX_CONFIG)
    }
    if let number = try? file.value(forKey: absolute, type: .int),
      case .int(let value)? = number.value?.content
    {
      return Found(value: String(value), place: place, status: EX_CONFIG)
    }
    throw StartFailure(
      "\(place) is neither a text nor a whole number: write it as a text", status: EX_CONFIG)
  }
}

/// A form an option's value can be written in.
protocol Setting {
  associatedtype Value = Self
  /// Nil when `text` is not of this form.
  static func parse(_ text: String) -> Value?
  /// What is expected, as in "x is not ...".
  static var form: String { get }
}

extension String: Setting {
  static func parse(_ text: String) -> String? { text.isEmpty ? nil : text }
  static var form: String { "allowed to be empty" }
}

extension Int: Setting {
  static func parse(_ text: String) -> Int? { Int(text) }
  static var form: String { "a whole number" }
}

extension Bool: Setting {
  static func parse(_ text: String) -> Bool? {
    switch text {
    case "off": false
    case "on": true
    default: nil
    }
  }
  static var form: String { "off or on" }
}

extension UInt16: Setting {
  static func parse(_ text: String) -> UInt16? { UInt16(text) }
  static var form: String { "a port number from 0 to 65535" }
}

extension Logger.Level: Setting {
  static func parse(_ text: String) -> Logger.Level? { Logger.Level(rawValue: text) }
  static var form: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Compression: Setting {
  static func parse(_ text: String) -> Compression? {
    switch text {
    case "off": .off
    case "on": .shared
    default: nil
    }
  }
  static var form: String { "off or on" }
}

/// A size in bytes: `65536`, `64KiB`, `16MiB`, `1GiB`.
enum ByteCount: Setting {
  static func parse(_ text: String) -> Int? { Int(bytesWritten: text) }
  static var form: String { "a size such as 65536, 64KiB or 16MiB" }
}

/// `250ms`, `5s`, `2m`, `1h`; a bare number is seconds.
extension Duration: Setting {
  static func parse(_ text: String) -> Duration? { Duration(written: text) }
  static var form: String { "a duration such as 250ms, 5s, 2m or 1h" }
}
