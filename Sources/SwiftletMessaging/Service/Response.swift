// SPDX-License-Identifier: Apache-2.0

extension WireFormat {
  /// A whole response: what the request was, what the answer is.
  ///
  ///     { "request": { "action": A, "body": B, "headers": H, "api": "v2" },
  ///       "body": any, "headers": { "status": number } }
  func response(_ answer: Answer, to request: Envelope) -> ByteSink {
    let parts = self == .json ? ResponseParts.json : ResponseParts.messagePack
    var sink = ByteSink(capacity: 512)
    sink.put(request.id == nil ? parts.begin : parts.beginWithID)
    write(request.action, of: request, orElse: .null, to: &sink)
    sink.put(parts.requestBody)
    write(request.body, of: request, orElse: [:], to: &sink)
    sink.put(parts.requestHeaders)
    write(request.repeatedHeaders, of: request, orElse: [:], to: &sink)
    sink.put(parts.body)
    write(answer.body, to: &sink)
    sink.put(parts.status)
    write(.int(Int64(answer.status)), to: &sink)
    sink.put(parts.endOfHeaders)
    if let id = request.id {
      sink.put(parts.id)
      write(id, of: request, orElse: .null, to: &sink)
    }
    sink.put(parts.end)
    return sink
  }

  /// Repeats a part of the request.
  private func write(
    _ part: Range<Int>?, of request: Envelope, orElse substitute: Value, to sink: inout ByteSink
  ) {
    guard let part else { return write(substitute, to: &sink) }
    request.bytes.withUnsafeBytes { bytes in
      switch self {
      case .messagePack: sink.put(UnsafeRawBufferPointer(rebasing: bytes[part]))
      case .json:
        var reader = MessagePackReader(bytes, at: part.lowerBound)
        var writer = JSONWriter(output: JSONBytes(sink: sink))
        writer.write(nextOf: &reader)
        sink = writer.output.sink
      }
    }
  }

  private func write(_ value: Value, to sink: inout ByteSink) {
    switch self {
    case .messagePack: sink.pack(value)
    case .json:
      var writer = JSONWriter(output: JSONBytes(sink: sink))
      writer.write(value)
      sink = writer.output.sink
    }
  }
}

/// What is the same in all responses of one encoding: everything but the values.
private struct ResponseParts {
  let begin: [UInt8]
  let beginWithID: [UInt8]
  let requestBody: [UInt8]
  let requestHeaders: [UInt8]
  let body: [UInt8]
  let status: [UInt8]
  let endOfHeaders: [UInt8]
  let id: [UInt8]
  let end: [UInt8]

  static let json = ResponseParts(
    begin: Array(#"{"request":{"action":"#.utf8),
    beginWithID: Array(#"{"request":{"action":"#.utf8),
    requestBody: Array(#","body":"#.utf8),
    requestHeaders: Array(#","headers":"#.utf8),
    body: Array(#","api":"v2"},"body":"#.utf8),
    status: Array(#","headers":{"status":"#.utf8),
    endOfHeaders: Array("}".utf8),
    id: Array(#","id":"#.utf8),
    end: Array("}".utf8))

  /// Maps begin with 0x80 and the number of their entries.
  static let messagePack = ResponseParts(
    begin: [0x83] + packed("request") + [0x84] + packed("action"),
    beginWithID: [0x84] + packed("request") + [0x84] + packed("action"),
    requestBody: packed("body"),
    requestHeaders: packed("headers"),
    body: packed("api") + packed("v2") + packed("body"),
    status: packed("headers") + [0x81] + packed("status"),
    endOfHeaders: [],
    id: packed("id"),
    end: [])

  private static func packed(_ text: String) -> [UInt8] {
    WireFormat.messagePack.encode(.string(text))
  }
}

extension ByteSink {
  fileprivate mutating func put(_ part: [UInt8]) { part.withUnsafeBytes { put($0) } }
}
