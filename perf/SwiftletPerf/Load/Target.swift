// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet
internal import SwiftletClient
internal import SwiftletCore

/// A server that sends every message back, and how it is spoken to.
struct Target: Sendable {
  enum Transport {
    /// WebSocket messages.
    case ws
    /// A message is the body of a POST, and of its response, on a connection that is kept.
    case http
    /// A message comes behind its length, 32 bits, little endian.
    case tcp
  }

  let transport: Transport
  let location: WebSocketURL

  init(_ url: String) throws(ConnectError) {
    let parts = url.split(separator: ":", maxSplits: 1)
    // The others are written like a WebSocket's.
    let scheme: String
    switch parts.count == 2 ? parts[0].lowercased() : "" {
    case "http": (transport, scheme) = (.http, "ws:")
    case "https": (transport, scheme) = (.http, "wss:")
    case "tcp": (transport, scheme) = (.tcp, "ws:")
    default:
      transport = .ws
      location = try WebSocketURL(url)
      return
    }
    location = try WebSocketURL(scheme + parts[1])
  }

  /// Only WebSocket's messages are (RFC 6455 §5.3).
  var isMasked: Bool { transport == .ws }

  /// What precedes a message on the wire, which is masked with this key where messages are masked.
  func prefix(of payload: borrowing Payload, key: UInt32) -> [UInt8] {
    switch transport {
    case .ws:
      var frame = swl_frame()
      frame.fin = true
      frame.opcode = UInt8(
        (payload.format.messageKind == .text ? SWL_OPCODE_TEXT : SWL_OPCODE_BINARY).rawValue)
      frame.masked = true
      frame.mask = key
      frame.length = UInt64(payload.size)
      return [UInt8](unsafeUninitializedCapacity: Int(SWL_FRAME_HEADER_MAX)) { bytes, count in
        count = swl_frame_write(bytes.baseAddress, &frame)
      }
    case .http:
      let type =
        switch payload.format {
        case .binary: "application/octet-stream"
        case .text: "text/plain"
        case .json: "application/json"
        case .msgpack: "application/msgpack"
        }
      return Array(
        """
        POST \(location.target) HTTP/1.1\r
        Host: \(location.authority)\r
        Content-Type: \(type)\r
        Content-Length: \(payload.size)\r
        \r

        """.utf8)
    case .tcp:
      let size = UInt32(payload.size).littleEndian
      return withUnsafeBytes(of: size) { Array($0) }
    }
  }
}
