// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import TOMLKit

/// What is compared with others: a server that runs already, or one that is started and stopped for it.
package struct ServerSubject: Sendable {
  /// How to start a server.
  struct Launch: Sendable {
    /// The program and its arguments. `{port}` stands for a free port.
    var command: [String]
    /// Where it runs, so that paths may be relative to the subject's file.
    var folder: String
    /// Processors it is held to, as `taskset -c` writes them.
    var cpus: String?
    var environment: [String: String] = [:]
    /// A program whose first line of output tells the server's version.
    var version: [String]?
  }

  package var name: String
  /// `ws://...`. `{port}` stands for the port that a started server tells, or was given.
  var url: String
  var launch: Launch?

  /// From a command's argument: the URL of a server, or the path of a TOML file. Throws a sentence.
  package init(argument: String) throws {
    if argument.contains("://") {
      self.init(name: argument, url: argument)
    } else {
      try self.init(file: argument)
    }
  }

  package init(name: String, url: String) { self.init(name: name, url: url, launch: nil) }

  init(name: String, url: String, launch: Launch?) {
    self.name = name
    self.url = url
    self.launch = launch
  }

  private init(file: String) throws {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw SubjectError("\(file) cannot be read")
    }
    let form: Form
    do {
      form = try TOMLDecoder(strictDecoding: true).decode(
        Form.self, from: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw SubjectError("\(file): \(sentence(error))")
    }
    self.init(name: form.name, url: form.url)
    if let command = form.command {
      guard !command.words.isEmpty else { throw SubjectError("\(file): command is empty") }
      launch = Launch(
        command: command.words, folder: folder(of: file), cpus: form.cpus,
        environment: form.environment ?? [:], version: form.version?.words)
    } else if form.cpus != nil || form.environment != nil || form.version != nil {
      throw SubjectError("\(file): cpus, environment and version are of no use without command")
    } else if form.url.contains("{port}") {
      throw SubjectError("\(file): url has {port}, which needs a command")
    }
  }
}

/// Why a subject cannot be measured, as a sentence.
package struct SubjectError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// A file as it is written.
private struct Form: Decodable {
  var name: String
  var url: String
  var command: Command?
  var cpus: String?
  var environment: [String: String]?
  var version: Command?

  /// Words as they are, or a line for the shell.
  struct Command: Decodable {
    var words: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let line = try? container.decode(String.self) {
        words = line.isEmpty ? [] : ["sh", "-c", line]
      } else {
        words = try container.decode([String].self)
      }
    }
  }
}

private func folder(of file: String) -> String {
  file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
}

private func sentence(_ error: any Error) -> String {
  switch error {
  case let error as UnexpectedKeysError:
    "unknown: \(error.keys.keys.sorted().joined(separator: ", "))"
  case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
    DecodingError.dataCorrupted(let context):
    "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is not of the right type"
  default: "\(error)"
  }
}
