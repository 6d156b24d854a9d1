// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import Testing

/// One request and its response, to the byte, in both encodings.
@Suite struct CodecExchangeTests {
  private let request: Value = [
    "action": "queue_get", "headers": ["Client-ID": "c", "X-Project-ID": "p"],
    "body": ["queue_name": "q"],
  ]
  private let response: Value = [
    "request": [
      "action": "queue_get", "body": ["queue_name": "q"],
      "headers": ["Client-ID": "c", "X-Project-ID": "p"], "api": "v2",
    ],
    "body": [:], "headers": ["status": 200],
  ]
  private let packedRequest = bytes(
    hex: """
      83a6616374696f6ea971756575655f676574a76865616465727382a9436c69656e742d4944a163ac582d50726f6a6563742d4944
      a170a4626f647981aa71756575655f6e616d65a171
      """)
  private let packedResponse = bytes(
    hex: """
      83a77265717565737484a6616374696f6ea971756575655f676574a4626f647981aa71756575655f6e616d65a171a76865616465
      727382a9436c69656e742d4944a163ac582d50726f6a6563742d4944a170a3617069a27632a4626f647980a7686561646572738
      1a6737461747573ccc8
      """)
  private let jsonRequest = """
    {"action": "queue_get", "headers": {"Client-ID": "c", "X-Project-ID": "p"}, "body": {"queue_name": "q"}}
    """
  private let jsonResponse = """
    {"request": {"action": "queue_get", "body": {"queue_name": "q"}, "headers": {"Client-ID": "c", "X-Project-ID": "p"},
     "api": "v2"}, "body": {}, "headers": {"status": 200}}
    """

  @Test func requestIsRead() throws {
    #expect(try WireFormat.messagePack.decode(packedRequest) == request)
    #expect(try WireFormat.json.decode(jsonRequest) == request)
  }

  @Test func responseIsWritten() throws {
    #expect(WireFormat.messagePack.encode(response) == packedResponse)
    #expect(WireFormat.json.text(response) == jsonResponse.filter { !$0.isWhitespace })
  }
}
