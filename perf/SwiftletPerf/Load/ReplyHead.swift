// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// What precedes a reply on a byte stream.
enum ReplyHead {
  case partial
  /// The sizes of it and of the reply.
  case whole(size: Int, body: Int)
  /// No head of a reply, for this reason: what follows cannot be told apart any more.
  case wrong(String)
}

extension Target.Transport {
  /// Fields of an HTTP response at most.
  private static let maxFields = 64

  func head(of bytes: UnsafeRawBufferPointer) -> ReplyHead {
    switch self {
    case .tcp, .ws:
      guard bytes.count >= 4 else { return .partial }
      return .whole(size: 4, body: Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))))
    case .http:
      return withUnsafeTemporaryAllocation(of: swl_http_field.self, capacity: Self.maxFields) {
        fields in
        var response = swl_http_response()
        let size = swl_http_parse_response(
          bytes.baseAddress, bytes.count, 0, fields.baseAddress, Self.maxFields, &response)
        guard size > 0 else {
          return size == 0 ? .partial : .wrong("an answer was not HTTP")
        }
        guard response.status == 200 else {
          return .wrong("an answer had the HTTP status \(response.status)")
        }
        var length = swl_slice()
        let count = swl_http_field_find(&response.fields, "content-length", &length)
        let digits = UnsafeRawBufferPointer(start: length.data, count: length.size)
        guard count == 1, let body = Int(String(decoding: digits, as: UTF8.self)), body >= 0 else {
          return .wrong("an answer had no Content-Length")
        }
        return .whole(size: Int(size), body: body)
      }
    }
  }
}
