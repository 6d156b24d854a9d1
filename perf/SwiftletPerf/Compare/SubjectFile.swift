// SPDX-License-Identifier: Apache-2.0

/// A subject's file: TOML (v1.0.0) as far as subjects need it, which is strings, arrays of strings and tables of
/// strings. Whatever else TOML knows is refused, never misread.
struct SubjectFile {
  enum Value: Equatable {
    case string(String)
    case strings([String])
    case table([String: String])
  }

  private(set) var values: [String: Value] = [:]
  private var rest: Substring
  private var line = 1

  /// Throws a `SubjectError` that names the line.
  init(_ text: String) throws {
    // One character, which a line of Windows ends with.
    rest = Substring(text.replacing("\r\n", with: "\n"))
    var table: String?
    while true {
      skip(lines: true)
      guard let first = rest.first else { return }
      if first == "[" {
        rest.removeFirst()
        let name = try key()
        try expect("]")
        try add(name, .table([:]))
        table = name
      } else {
        let (name, value) = try pair()
        if let table { try add(name, value, to: table) } else { try add(name, value) }
      }
      skip()
      guard rest.isEmpty || rest.first == "\n" else { throw failure("a line ends after its value") }
    }
  }

  private mutating func add(_ name: String, _ value: Value) throws {
    guard values.updateValue(value, forKey: name) == nil else {
      throw failure("\(name) is there twice")
    }
  }

  private mutating func add(_ name: String, _ value: Value, to table: String) throws {
    guard case .string(let text) = value, case .table(var entries) = values[table] else {
      throw failure("a table holds strings here")
    }
    guard entries.updateValue(text, forKey: name) == nil else {
      throw failure("\(name) is there twice")
    }
    values[table] = .table(entries)
  }

  // MARK: - Values

  private mutating func pair() throws -> (String, Value) {
    let name = try key()
    try expect("=")
    return (name, try value())
  }

  private mutating func key() throws -> String {
    skip()
    if rest.first == "\"" || rest.first == "'" { return try string() }
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    guard !name.isEmpty else { throw failure("a name is missing") }
    rest.removeFirst(name.count)
    return String(name)
  }

  private mutating func value() throws -> Value {
    skip()
    switch rest.first {
    case "[":
      var strings: [String] = []
      try elements(until: "]", lines: true) { reader in strings.append(try reader.string()) }
      return .strings(strings)
    case "{":
      var entries: [String: String] = [:]
      try elements(until: "}", lines: false) { reader in
        guard case (let name, .string(let text)) = try reader.pair(), entries[name] == nil else {
          throw reader.failure("a table holds strings here, each name once")
        }
        entries[name] = text
      }
      return .table(entries)
    default: return .string(try string())
    }
  }

  private mutating func elements(
    until end: Character, lines: Bool, _ element: (inout SubjectFile) throws -> Void
  ) throws {
    rest.removeFirst()
    while true {
      skip(lines: lines)
      if rest.first == end { break }
      try element(&self)
      skip(lines: lines)
      if rest.first == "," { rest.removeFirst() } else if rest.first != end { break }
    }
    try expect(end)
  }

  private mutating func string() throws -> String {
    guard let quote = rest.first, quote == "\"" || quote == "'" else {
      throw failure("a value is a \"string\", an array or a table of such")
    }
    guard !rest.hasPrefix(String(repeating: quote, count: 3)) else {
      throw failure("strings over several lines are not known here")
    }
    rest.removeFirst()
    var text = ""
    while let next = rest.popFirst(), next != "\n" {
      if next == quote { return text }
      text.append(next == "\\" && quote == "\"" ? try escaped() : next)
    }
    throw failure("a string does not end")
  }

  private mutating func escaped() throws -> Character {
    switch rest.popFirst() {
    case "\"": return "\""
    case "\\": return "\\"
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "u": return try scalar(digits: 4)
    case "U": return try scalar(digits: 8)
    default: throw failure("what follows \\ is not known here")
    }
  }

  private mutating func scalar(digits: Int) throws -> Character {
    let number = rest.prefix(digits)
    guard number.count == digits, number.allSatisfy(\.isHexDigit),
      let scalar = UInt32(number, radix: 16).flatMap(Unicode.Scalar.init)
    else { throw failure("a character's number has \(digits) hexadecimal digits") }
    rest.removeFirst(digits)
    return Character(scalar)
  }

  // MARK: - Characters

  /// Blanks and comments.
  private mutating func skip(lines: Bool = false) {
    while let next = rest.first {
      if next == "#" {
        rest = rest.drop { $0 != "\n" }
      } else if next == " " || next == "\t" || (lines && next == "\n") {
        if next == "\n" { line += 1 }
        rest.removeFirst()
      } else {
        return
      }
    }
  }

  private mutating func expect(_ character: Character) throws {
    skip()
    guard rest.first == character else { throw failure("\(character) is missing") }
    rest.removeFirst()
  }

  private func failure(_ what: String) -> SubjectError { SubjectError("line \(line): \(what)") }
}
