// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging

/// How log lines are written.
enum LogFormat: String, CaseIterable, Setting {
  case text
  case json

  static func parse(_ text: String) -> LogFormat? { LogFormat(rawValue: text) }
  static var form: String { "text or json" }
}

/// What a log line says.
struct LogRecord {
  /// Since 1970.
  var time: timespec
  var level: Logger.Level
  var label: String
  var message: String
  var metadata: Logger.Metadata

  /// RFC 3339, in UTC, to the millisecond.
  var timestamp: String {
    var seconds = time.tv_sec
    var date = tm()
    gmtime_r(&seconds, &date)
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day =
      digits(Int(date.tm_year) + 1900, 4) + "-" + digits(Int(date.tm_mon) + 1, 2) + "-"
      + digits(Int(date.tm_mday), 2)
    let clock = [date.tm_hour, date.tm_min, date.tm_sec].map { digits(Int($0), 2) }
      .joined(separator: ":")
    return "\(day)T\(clock).\(digits(time.tv_nsec / 1_000_000, 3))Z"
  }

  /// One line, its end included.
  func line(_ format: LogFormat) -> String {
    switch format {
    case .text: textLine
    case .json: jsonLine
    }
  }
}

/// Writes lines to standard error, each in one call.
struct LineLogHandler: LogHandler {
  let format: LogFormat
  let label: String
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  init(_ label: String, _ format: LogFormat, level: Logger.Level) {
    self.label = label
    self.format = format
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var metadata = metadata
    if let provided = metadataProvider?.get() { metadata.merge(provided) { $1 } }
    if let own = event.metadata { metadata.merge(own) { $1 } }
    if let error = event.error { metadata["error"] = "\(error)" }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var line = LogRecord(
      time: time, level: event.level, label: label, message: "\(event.message)",
      metadata: metadata
    ).line(format)
    line.withUTF8 { bytes in
      // A log that cannot be written has nowhere to say so.
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[rest.indices])
        let count = write(STDERR_FILENO, piece.baseAddress, piece.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        rest = rest.dropFirst(count)
      }
    }
  }
}
