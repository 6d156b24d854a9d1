// SPDX-License-Identifier: Apache-2.0

/// What libFuzzer calls with its inputs: each is read as JSON and as MessagePack. Built with the codecs as
/// one module by `make fuzz-codec`.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: size)
  if let value = try? JSON.decode(input) {
    precondition(JSON.encoded(value) == JSON.encoded(JSON.decoded(JSON.encoded(value))))
    precondition(MessagePack.decoded(MessagePack.encoded(value)) == value)
  }
  if let value = try? MessagePack.decode(input) {
    let packed = MessagePack.encoded(value)
    // By what is written, since a NaN is not equal to itself.
    precondition(MessagePack.encoded(MessagePack.decoded(packed)) == packed)
    precondition(packed.count <= size)
    let text = JSON.encoded(value)
    precondition(JSON.encoded(.packed(packed)) == text)
    precondition(text.allSatisfy { $0 < 0x80 } && JSON.byteCount(of: value) <= text.count)
    do throws(DecodeError) {
      _ = try text.span.bytes.withUnsafeBytes { bytes throws(DecodeError) in try JSON.decode(bytes)
      }
    } catch {
      precondition(error.kind == "RecursionError")
    }
  }
  for format in WireFormat.allCases {
    precondition(
      packed { () throws(DecodeError) in try format.packed(input) }
        == packed { () throws(DecodeError) in
          WireFormat.messagePack.encode(try format.decode(input))
        })
  }
  return 0
}

private func packed(
  _ body: () throws(DecodeError) -> [UInt8]
) -> Result<[UInt8], DecodeError> {
  Result(catching: body)
}

extension JSON {
  fileprivate static func encoded(_ value: Value) -> [UInt8] { WireFormat.json.encode(value) }
  fileprivate static func decoded(_ bytes: [UInt8]) -> Value {
    bytes.withUnsafeBytes { try! decode($0) }
  }
}

extension MessagePack {
  fileprivate static func encoded(_ value: Value) -> [UInt8] {
    WireFormat.messagePack.encode(value)
  }
  fileprivate static func decoded(_ bytes: [UInt8]) -> Value {
    bytes.withUnsafeBytes { try! decode($0) }
  }
}
