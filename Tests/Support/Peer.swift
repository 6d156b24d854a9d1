// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore

/// What went wrong on a ``Peer``'s side.
public enum PeerError: Error, Equatable {
  case system(String, Int32)
  /// The other side sent nothing, or took nothing, for ``Peer/patience``.
  case timedOut
  /// The connection ended where more was expected.
  case ended
  case unexpected(String)
}

/// The other end in the tests: a plain blocking socket that frames by itself, right or wrong as told. A
/// client, unless it comes from a ``PeerListener``. Use it on a thread that may block, as those of ``BlockingExecutor`` may.
public final class Peer: @unchecked Sendable {
  /// Seconds until a call gives up: far more than anything here takes.
  public static let patience = 30

  public struct Frame: Equatable, Sendable {
    public var opcode: UInt8
    public var payload: [UInt8]
    public var isFinal: Bool
    /// RSV1.
    public var isCompressed: Bool
    /// The key of a frame that came masked.
    public var mask: UInt32?

    public init(
      opcode: UInt8, payload: [UInt8], isFinal: Bool = true, isCompressed: Bool = false
    ) {
      self.opcode = opcode
      self.payload = payload
      self.isFinal = isFinal
      self.isCompressed = isCompressed
    }

    /// The code and reason of a close frame; nil when this is none, or has neither.
    public var close: (code: UInt16, reason: String)? {
      guard opcode == 0x8, payload.count >= 2 else { return nil }
      let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
      return (code, String(decoding: payload[2...], as: UTF8.self))
    }
  }

  private let descriptor: Int32
  private let isServer: Bool
  private var isOpen = true

  /// Connects to a port of this machine.
  public convenience init(port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw PeerError.system("socket", errno) }
    self.init(descriptor: descriptor, isServer: false)
    let status = withLoopbackAddress(port: port) { Glibc.connect(descriptor, $0, $1) }
    guard status == 0 else { throw PeerError.system("connect", errno) }
  }

  init(descriptor: Int32, isServer: Bool) {
    self.descriptor = descriptor
    self.isServer = isServer
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    var patience = timeval(tv_sec: Peer.patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
  }

  /// Connects and opens a WebSocket.
  public convenience init(port: UInt16, path: String) throws {
    try self.init(port: port)
    let head = try upgrade(path)
    guard head.hasPrefix("HTTP/1.1 101 ") else { throw PeerError.unexpected(head) }
  }

  deinit { if isOpen { Glibc.close(descriptor) } }

  // MARK: - Bytes

  public func write(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else {
        throw errno == EAGAIN ? PeerError.timedOut : PeerError.system("send", errno)
      }
      sent += count
    }
  }

  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Exactly `count` bytes.
  public func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes[filled...].withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress, $0.count, 0)
      }
      try check(got)
      if got == 0 { throw PeerError.ended }
      filled += got
    }
    return bytes
  }

  /// All that comes until the other side ends the connection in order.
  public func readToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while true {
      let got = recv(descriptor, &piece, piece.count, 0)
      try check(got)
      if got == 0 { return bytes }
      bytes += piece[..<got]
    }
  }

  private func check(_ received: Int) throws {
    guard received < 0 else { return }
    throw errno == EAGAIN ? PeerError.timedOut : PeerError.system("recv", errno)
  }

  /// The address the other side connected from, such as "127.0.0.2".
  public var remoteAddress: String {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
    }
    return withUnsafeBytes(of: address.sin_addr) { $0.map(String.init).joined(separator: ".") }
  }

  /// Sends no more but goes on reading.
  public func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends the connection in order.
  public func close() {
    Glibc.close(descriptor)
    isOpen = false
  }

  /// Ends the connection by a reset.
  public func reset() {
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close()
  }

  // MARK: - HTTP

  /// A head, up to and without its empty line.
  public func readHead() throws -> String {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try read(1) }
    return String(decoding: head.dropLast(4), as: UTF8.self)
  }

  /// Sends an opening handshake and returns the response's head.
  public func upgrade(_ path: String, extensions: String? = nil) throws -> String {
    try write(Peer.handshake(path, extensions: extensions))
    return try readHead()
  }

  public static func handshake(_ path: String, extensions: String? = nil) -> String {
    "GET \(path) HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      + (extensions.map { "Sec-WebSocket-Extensions: \($0)\r\n" } ?? "") + "\r\n"
  }

  // MARK: - Frames

  public static func frame(
    opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isCompressed: Bool = false,
    mask: UInt32? = 0x1234_5678
  ) -> [UInt8] {
    let masked: UInt8 = mask == nil ? 0 : 0x80
    var bytes: [UInt8] = [opcode | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0)]
    switch payload.count {
    case ..<126: bytes.append(masked | UInt8(payload.count))
    case ..<65536:
      bytes.append(masked | 126)
      for shift in [8, 0] { bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
    default:
      bytes.append(masked | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
      }
    }
    guard let mask else { return bytes + payload }
    bytes += withUnsafeBytes(of: mask) { Array($0) }
    let start = bytes.count
    bytes += payload
    bytes.withUnsafeMutableBytes {
      _ = WebSocketMask(key: mask).apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
    return bytes
  }

  public func send(
    _ payload: [UInt8], opcode: UInt8 = 0x2, isFinal: Bool = true, isCompressed: Bool = false
  ) throws {
    try write(
      Peer.frame(
        opcode: opcode, payload, isFinal: isFinal, isCompressed: isCompressed,
        mask: isServer ? nil : 0x1234_5678))
  }

  public func send(_ text: String) throws { try send(Array(text.utf8), opcode: 0x1) }

  public func sendClose(_ code: UInt16) throws {
    try send([UInt8(code >> 8), UInt8(code & 0xff)], opcode: 0x8)
  }

  /// The next frame, whatever it is.
  public func receive() throws -> Frame {
    let head = try read(2)
    guard (head[1] & 0x80 != 0) == isServer else {
      throw PeerError.unexpected(isServer ? "a frame without a mask" : "a masked frame")
    }
    var size = Int(head[1] & 0x7f)
    switch size {
    case 126: size = try read(2).reduce(0) { $0 << 8 | Int($1) }
    case 127: size = try read(8).reduce(0) { $0 << 8 | Int($1) }
    default: break
    }
    let mask = isServer ? try read(4).withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } : nil
    var payload = try read(size)
    if let mask { payload.withUnsafeMutableBytes { _ = WebSocketMask(key: mask).apply(to: $0) } }
    var frame = Frame(
      opcode: head[0] & 0x0f, payload: payload, isFinal: head[0] & 0x80 != 0,
      isCompressed: head[0] & 0x40 != 0)
    frame.mask = mask
    return frame
  }

  /// The payload of the next message, skipping pings and pongs.
  public func receiveMessage() throws -> [UInt8] {
    while true {
      let frame = try receive()
      switch frame.opcode {
      case 0x1, 0x2: return frame.payload
      case 0x9, 0xa: continue
      default: throw PeerError.unexpected("\(frame)")
      }
    }
  }

  public func receiveText() throws -> String {
    String(decoding: try receiveMessage(), as: UTF8.self)
  }

  /// Skips all frames up to a close frame, which must come, and returns its code (1005 for none).
  public func receiveClose() throws -> UInt16 {
    while true {
      let frame = try receive()
      if frame.opcode == 0x8 { return frame.close?.code ?? 1005 }
    }
  }
}
