// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import Glibc
package import SwiftletCore

/// What a client asks for in its opening handshake, checked and as the C core wants it. Not changed
/// once it is made, so that any number of connections can share one.
package final class HandshakeRequest: @unchecked Sendable {
  let compression: Compression
  private let options: UnsafeMutablePointer<swl_client_options>
  private let subprotocols: [String]
  /// What `options` points to.
  private var memory: [UnsafeMutableRawPointer] = []

  /// - Parameters:
  ///   - host: The value of Host: with the port, unless it is the scheme's own.
  ///   - target: Path and query, percent-encoded.
  /// - Throws: ``CoreError/argument`` when a value cannot be sent as it is, or is the handshake's own
  ///   to give; ``CoreError/space`` when they are too many.
  package init(
    host: String, target: String, origin: String?, subprotocols: [String],
    fields: [(name: String, value: String)], compression: Compression
  ) throws(CoreError) {
    self.compression = compression
    self.subprotocols = subprotocols
    options = .allocate(capacity: 1)
    options.initialize(to: swl_client_options())
    options.pointee.size = MemoryLayout<swl_client_options>.size
    options.pointee.host = UnsafePointer(text(host))
    options.pointee.target = UnsafePointer(text(target))
    if let origin { options.pointee.origin = UnsafePointer(text(origin)) }
    let list = array(subprotocols.map { UnsafePointer(text($0)) as UnsafePointer<CChar>? })
    options.pointee.subprotocols = UnsafePointer(list)
    options.pointee.subprotocol_count = subprotocols.count
    options.pointee.fields = UnsafePointer(
      array(fields.map { swl_http_field(name: slice($0.name), value: slice($0.value)) }))
    options.pointee.field_count = fields.count
    if let deflate = compression.options {
      options.pointee.deflate = UnsafePointer(array([deflate]))
    }
    // C would see the end of a string where Swift sees a character.
    let texts = [host, target, origin ?? ""] + subprotocols
    guard !texts.contains(where: { $0.utf8.contains(0) }) else { throw .argument }
    let key = "AAAAAAAAAAAAAAAAAAAAAA=="
    try CoreError.check(
      withUnsafeTemporaryAllocation(byteCount: Loop.maxHeadSize, alignment: 1) {
        swl_handshake_request(key, options, $0.baseAddress, $0.count)
      })
  }

  deinit {
    for block in memory { free(block) }
    options.deallocate()
  }

  private func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let size = max(1, elements.count * MemoryLayout<Element>.stride)
    guard let block = malloc(size) else { fatalError("out of memory") }
    memory.append(block)
    let array = block.assumingMemoryBound(to: Element.self)
    array.initialize(from: elements, count: elements.count)
    return array
  }

  private func text(_ string: String) -> UnsafeMutablePointer<CChar> {
    array(Array(string.utf8CString))
  }

  private func slice(_ string: String) -> swl_slice {
    swl_slice(data: text(string), size: string.utf8.count)
  }

  /// Writes the request's head, of at most ``Loop/maxHeadSize`` bytes, and returns its size.
  func write(key: UnsafePointer<CChar>, to out: UnsafeMutableRawPointer) -> Int32 {
    swl_handshake_request(key, options, out, Loop.maxHeadSize)
  }

  /// Checks a server's response by every rule of RFC 6455 §4.1.
  func verify(
    _ response: inout swl_http_response, key: UnsafePointer<CChar>
  ) throws(CoreError) -> (agreement: HandshakeAgreement, deflate: swl_deflate_agreement) {
    var agreed = swl_client_agreement()
    try CoreError.check(swl_handshake_verify(&response, key, options, &agreed))
    let agreement = HandshakeAgreement(
      subprotocol: agreed.subprotocol < 0 ? nil : subprotocols[Int(agreed.subprotocol)],
      isCompressed: agreed.compressed)
    return (agreement, agreed.deflate)
  }
}
