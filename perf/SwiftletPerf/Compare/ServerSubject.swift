// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

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
    do {
      try self.init(SubjectFile(String(decoding: bytes, as: UTF8.self)), folder: folder(of: file))
    } catch {
      throw SubjectError("\(file): \(error)")
    }
  }

  init(_ file: SubjectFile, folder: String) throws {
    var values = file.values
    func string(_ name: String) throws -> String? {
      switch values.removeValue(forKey: name) {
      case .string(let text): return text
      case nil: return nil
      default: throw SubjectError("\(name) must be a string")
      }
    }
    /// Words as they are, or a line for the shell.
    func command(_ name: String) throws -> [String]? {
      switch values.removeValue(forKey: name) {
      case .strings(let words) where !words.isEmpty: return words
      case .string(let line) where !line.isEmpty: return ["sh", "-c", line]
      case nil: return nil
      default: throw SubjectError("\(name) must be a line for the shell or an array of words")
      }
    }
    guard let name = try string("name"), let url = try string("url") else {
      throw SubjectError("name and url are needed")
    }
    self.init(name: name, url: url)
    if let program = try command("command") {
      launch = Launch(
        command: program, folder: folder, cpus: try string("cpus"), version: try command("version"))
      switch values.removeValue(forKey: "environment") {
      case .table(let variables): launch?.environment = variables
      case nil: break
      default: throw SubjectError("environment must be a table")
      }
    } else if url.contains("{port}") {
      throw SubjectError("url has {port}, which needs a command")
    }
    guard values.isEmpty else {
      let names = values.keys.sorted().joined(separator: ", ")
      throw SubjectError("not known\(launch == nil ? " without command" : ""): \(names)")
    }
  }
}

/// Why a subject cannot be measured, as a sentence.
package struct SubjectError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

private func folder(of file: String) -> String {
  file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
}
