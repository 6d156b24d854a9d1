// SPDX-License-Identifier: Apache-2.0

package import SwiftletCore

/// Messages that a server sends back, each with its number and a checksum.
package final class EchoExchanges: Exchanges, @unchecked Sendable {
  private let payload: Payload
  /// The last message written: one loop uses it.
  private let message: UnsafeMutableRawBufferPointer

  /// - Precondition: `size` is at least the format's least.
  package init(_ format: Payload.Format, size: Int, seed: UInt64) {
    payload = Payload(format, size: size, seed: seed)
    message = .allocate(byteCount: size, alignment: 16)
    message.copyMemory(from: payload.bytes)
  }

  deinit { message.deallocate() }

  package func with(_ number: Int, _ body: (RawSpan, MessageKind) -> Void) {
    payload.layout.write(payload.words(UInt64(number), of: 0), to: message.baseAddress!)
    body(UnsafeRawBufferPointer(message).bytes, payload.format.messageKind)
  }

  package func isRight(_ reply: RawSpan, _ kind: MessageKind, to number: Int) -> Bool {
    payload.sequence(of: reply, kind, on: 0, near: UInt64(number)) == UInt64(number)
  }
}
