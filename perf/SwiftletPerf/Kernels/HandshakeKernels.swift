// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import CSwiftlet
internal import PureSwift
internal import SwiftletCore

extension Kernel {
  static func acceptKey(active: CPULevel) -> Kernel {
    Kernel(
      group: .handshake, name: "accept key", size: inBytes(AcceptKey.keySize),
      bytes: AcceptKey.keySize, isExact: true
    ) { acceptKeySubjects(active) }
  }

  private static func acceptKeySubjects(_ active: CPULevel) -> [Subject] {
    let key = Bytes(utf8: "dGhlIHNhbXBsZSBub25jZQ==")
    let accept = Bytes(count: AcceptKey.acceptSize)
    let c = Subject(
      implementation: .c(method: nil, level: active), isTimed: true,
      outcome: { () throws(CoreError) in
        try CoreError.check(swl_accept_key(key.characters, accept.characters))
        return .bytes(accept.array)
      },
      work: { times in
        for _ in 0..<times { swl_accept_key(key.characters, accept.characters) }
      })
    let swift = Subject(
      implementation: .swift, isTimed: true,
      outcome: {
        AcceptKey.compute(key.buffer, into: accept.mutable)
        return .bytes(accept.array)
      },
      work: { times in
        for _ in 0..<times {
          let key = UnsafeRawBufferPointer(start: opaque(key.start), count: AcceptKey.keySize)
          AcceptKey.compute(key, into: accept.mutable)
        }
      })
    // The key and the GUID of RFC 6455 §4.2.2 as one text, as a caller would put them together.
    let text = Bytes(utf8: "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    let digest = Bytes(count: 20)
    // EVP_EncodeBlock ends its text with a NUL.
    let encoded = Bytes(count: AcceptKey.acceptSize + 1)
    func direct() {
      SHA1(text.unsigned, text.count, digest.unsigned)
      EVP_EncodeBlock(encoded.unsigned, digest.unsigned, 20)
    }
    let openSSL = Subject(
      implementation: .openSSL, isTimed: true,
      outcome: {
        direct()
        return .bytes(Array(encoded.array.prefix(AcceptKey.acceptSize)))
      },
      work: { times in
        for _ in 0..<times { direct() }
      })
    return [c, swift, openSSL]
  }

  /// A server's part in an opening handshake: a browser's request is parsed, checked and answered.
  static func openingHandshake(active: CPULevel) -> Kernel {
    let request = Bytes(utf8: browserRequest)
    return Kernel(
      group: .handshake, name: "opening handshake", size: inBytes(request.count),
      bytes: request.count, isExact: true
    ) { openingHandshakeSubjects(request, active) }
  }

  private static func openingHandshakeSubjects(
    _ request: Bytes, _ active: CPULevel
  ) -> [Subject] {
    let fieldSize = MemoryLayout<swl_http_field>.stride
    let fields = Bytes(count: 32 * fieldSize)
    let response = Bytes(count: 256)
    func answer() throws(CoreError) -> Int {
      var parsed = swl_http_request()
      var key: UnsafePointer<CChar>?
      try CoreError.check(
        swl_http_parse(
          opaque(request.start), request.count, 0,
          fields.start.assumingMemoryBound(to: swl_http_field.self), fields.count / fieldSize,
          &parsed))
      guard swl_handshake_check(&parsed, &key) == SWL_UPGRADE_ACCEPT else { throw .argument }
      return try CoreError.check(
        swl_handshake_respond(key, nil, nil, response.start, response.count))
    }
    return [
      Subject(
        implementation: .c(method: nil, level: active), isTimed: true,
        outcome: { () throws(CoreError) in .bytes(Array(response.array.prefix(try answer()))) },
        work: { times in
          for _ in 0..<times { consume(UInt64((try? answer()) ?? 0)) }
        })
    ]
  }

  /// As Chrome sends it.
  private static let browserRequest = [
    "GET /echo HTTP/1.1",
    "Host: server.example.com:9001",
    "Connection: Upgrade",
    "Pragma: no-cache",
    "Cache-Control: no-cache",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
      + "Chrome/128.0.0.0 Safari/537.36",
    "Upgrade: websocket",
    "Origin: http://server.example.com:9001",
    "Sec-WebSocket-Version: 13",
    "Accept-Encoding: gzip, deflate",
    "Accept-Language: en-GB,en-US;q=0.9,en;q=0.8",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "", "",
  ].joined(separator: "\r\n")
}
