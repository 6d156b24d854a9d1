// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import swiftlet

/// Where values come from, and what is said of those that cannot be used.
@Suite struct SettingsTests {
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("swiftlet-test-\(UUID().uuidString).json").path

  /// Runs `body` with settings from a file of that content, or none.
  private func with(
    file text: String? = nil, environment: [String: String] = [:],
    _ body: (Settings) throws -> Void
  ) async throws {
    if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try await Settings(file: text == nil ? nil : path, environment: environment))
  }

  private func failure(_ body: () throws -> Void) -> StartFailure? {
    #expect(throws: StartFailure.self, performing: body)
  }

  @Test func whatIsNotGivenStaysAsItWas() async throws {
    try await with(file: "{}") { settings in
      var text = "before"
      try settings.read("absent-text", nil, into: &text)
      var number = 7
      try settings.read("absent-number", nil, into: &number, in: 1...10)
      var optional: String?
      try settings.read("absent-optional", nil, into: &optional)
      #expect(text == "before" && number == 7 && optional == nil)
    }
  }

  @Test func commandLineComesBeforeEnvironmentAndThatBeforeTheFile() async throws {
    try await with(
      file: #"{"test-first": "file", "test-second": "file", "test-third": "file"}"#,
      environment: ["SWIFTLET_TEST_FIRST": "environment", "SWIFTLET_TEST_SECOND": "environment"]
    ) { settings in
      var (first, second, third) = ("", "", "")
      try settings.read("test-first", "flag", into: &first)
      try settings.read("test-second", nil, into: &second)
      try settings.read("test-third", nil, into: &third)
      #expect([first, second, third] == ["flag", "environment", "file"])
    }
  }

  @Test func environmentNamesTheFileWhereTheCommandLineDoesNot() async throws {
    try Data(#"{"test-host": "there"}"#.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = try await Settings(file: nil, environment: ["SWIFTLET_CONFIG": path])
    var host = ""
    try settings.read("test-host", nil, into: &host)
    #expect(host == "there")
  }

  @Test func fileMayHoldNumbersAndText() async throws {
    try await with(
      file: #"""
        {"test-port": 8080, "test-size": "64KiB", "test-plain-size": 65536, "test-wait": "2m",
         "test-seconds": 7, "test-text-number": "12"}
        """#
    ) { settings in
      var port: UInt16 = 0
      try settings.read("test-port", nil, into: &port)
      var (size, plain) = (0, 0)
      try settings.read("test-size", nil, into: &size, as: ByteCount.self)
      try settings.read("test-plain-size", nil, into: &plain, as: ByteCount.self)
      var (wait, seconds) = (Duration.zero, Duration.zero)
      try settings.read("test-wait", nil, into: &wait)
      try settings.read("test-seconds", nil, into: &seconds)
      var number = 0
      try settings.read("test-text-number", nil, into: &number, in: 0...100)
      #expect(port == 8080 && size == 65536 && plain == 65536 && number == 12)
      #expect(wait == .seconds(120) && seconds == .seconds(7))
    }
  }

  @Test func failureNamesTheFlag() async throws {
    try await with { settings in
      var port: UInt16 = 0
      let failure = failure { try settings.read("port", "70000", into: &port) }
      #expect(failure?.sentence == "--port: \"70000\" is not a port number from 0 to 65535")
      #expect(failure?.status == EX_USAGE && port == 0)
    }
  }

  @Test func failureNamesTheVariable() async throws {
    try await with(environment: ["SWIFTLET_TEST_IDLE_TIMEOUT": "soon"]) { settings in
      var duration = Duration.zero
      let failure = failure { try settings.read("test-idle-timeout", nil, into: &duration) }
      #expect(
        failure?.sentence
          == "SWIFTLET_TEST_IDLE_TIMEOUT: \"soon\" is not a duration such as 250ms, 5s, 2m or 1h")
      #expect(failure?.status == EX_CONFIG)
    }
  }

  @Test func failureNamesTheFile() async throws {
    try await with(file: #"{"test-loops": 0}"#) { settings in
      var loops = 1
      let failure = failure { try settings.read("test-loops", nil, into: &loops, in: 1...1024) }
      #expect(failure?.sentence == "\"test-loops\" in \(path): \"0\" is not within 1 to 1024")
      #expect(failure?.status == EX_CONFIG)
    }
  }

  /// A value of a kind that no option has must not be passed over as if it were not there.
  @Test(arguments: ["2.5", "[1]", "[\"a\"]", "[]"])
  func valueOfNoUseInTheFileIsAFailure(value: String) async throws {
    try await with(file: "{\"test-odd\": \(value)}") { settings in
      var text = ""
      let failure = failure { try settings.read("test-odd", nil, into: &text) }
      #expect(
        failure?.sentence
          == "\"test-odd\" in \(path) is neither a text nor a whole number: write it as a text")
      #expect(failure?.status == EX_CONFIG)
    }
  }

  @Test(arguments: ["", "{", "[1, 2]", "7", "listen: 9001"])
  func fileThatIsNoJSONObjectIsAFailure(text: String) async throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let failure = await #expect(throws: StartFailure.self) { _ = try await Settings(file: path) }
    #expect(
      failure?.sentence.hasPrefix("cannot read the configuration file \"\(path)\" as JSON: ")
        == true)
    #expect(failure?.status == EX_CONFIG)
  }

  @Test func missingFileIsAFailure() async throws {
    let failure = await #expect(throws: StartFailure.self) {
      _ = try await Settings(file: "/none/such.json")
    }
    #expect(failure?.sentence.contains("\"/none/such.json\"") == true)
    #expect(failure?.status == EX_CONFIG)
  }
}

@Suite struct SettingFormTests {
  @Test(arguments: [
    ("250ms", 250), ("5s", 5000), ("2m", 120_000), ("1h", 3_600_000), ("7", 7000), ("1ms", 1),
    ("1000000000", 1_000_000_000_000),
  ])
  func durationsAreRead(text: String, milliseconds: Int) {
    #expect(Duration.parse(text) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "", "0", "0s", "-1s", "5 s", "s", "ms", "1.5s", "5S", "1d", "5s5s", "1000000001",
    "99999999999999999999", "０５s",
  ])
  func whatIsNoDurationIsNotRead(text: String) { #expect(Duration.parse(text) == nil) }

  @Test(arguments: [
    ("1", 1), ("65536", 65536), ("64KiB", 65536), ("16MiB", 16 << 20), ("1GiB", 1 << 30),
    ("1024GiB", 1 << 40), ("1099511627776", 1 << 40),
  ])
  func sizesAreRead(text: String, bytes: Int) { #expect(ByteCount.parse(text) == bytes) }

  @Test(arguments: [
    "", "0", "0KiB", "-1", "KiB", "64kib", "64K", "64KB", "64 KiB", "1.5MiB", "1TiB", "1025GiB",
    "1099511627777", "9223372036854775807", "99999999999999999999",
  ])
  func whatIsNoSizeIsNotRead(text: String) { #expect(ByteCount.parse(text) == nil) }

  @Test func portsAreRead() {
    #expect(UInt16.parse("0") == 0 && UInt16.parse("65535") == 65535)
    for text in ["", "-1", "65536", "http", "80 "] { #expect(UInt16.parse(text) == nil) }
  }

  @Test func levelsAreRead() {
    for level in Logger.Level.allCases { #expect(Logger.Level.parse(level.rawValue) == level) }
    for text in ["", "loud", "INFO", "warn"] { #expect(Logger.Level.parse(text) == nil) }
    #expect(Logger.Level.form == "one of trace, debug, info, notice, warning, error, critical")
  }

  @Test func textsAreAllButEmpty() {
    #expect(String.parse("a") == "a" && String.parse("") == nil)
  }
}
