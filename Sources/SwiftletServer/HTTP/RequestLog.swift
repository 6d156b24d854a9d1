// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import SwiftletCore

/// What is known of a request until it is answered, and of a WebSocket's until that ends where it is logged.
struct RequestNote {
  /// What its sender, the log and the response call it.
  let id: String
  let method: String
  /// Without the query, which may hold secrets.
  let path: String
  /// Nanoseconds on the monotonic clock.
  let began: UInt64
}

/// Makes names of requests that no other loop or process gives, without asking for randomness each time.
struct RequestNames {
  private var next: UInt64

  init() { next = .random(in: 0...(.max)) }

  /// 15 digits, which Swift keeps without an allocation.
  mutating func make() -> String {
    next &+= 1
    // Multiplied by an odd number, each counter still has a value of its own.
    let digits = String((next &* 0x9E37_79B9_7F4A_7C15) >> 4, radix: 16)
    return String(repeating: "0", count: 15 - digits.count) + digits
  }

  /// Whether a name given by a client can stand in a log and a response as it is.
  static func accepts(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "="):
          true
        default: false
        }
      }
  }
}

/// Names of requests, and lines about them at the level `debug`, of which nothing is made when nobody reads it.
extension Loop {
  private var logsRequests: Bool { state.pointee.logger.logLevel <= .debug }

  /// A request's head has arrived; one that waits for a decision comes by again.
  func note(_ slot: Slot, _ request: Request) {
    guard state.pointee.requests[slot.pointee.index] == nil else { return }
    let name = request.field("x-request-id").flatMap { RequestNames.accepts($0) ? $0 : nil }
    state.pointee.requests[slot.pointee.index] = RequestNote(
      id: name ?? state.pointee.requestNames.make(), method: request.method, path: request.path,
      began: logsRequests ? monotonicNanoseconds() : 0)
  }

  /// The request is answered. One that could not be read gets a name here.
  func takeNote(_ slot: Slot) -> RequestNote {
    state.pointee.requests.removeValue(forKey: slot.pointee.index)
      ?? RequestNote(id: state.pointee.requestNames.make(), method: "", path: "", began: 0)
  }

  func logAnswer(_ slot: Slot, _ note: RequestNote, _ status: Status, bytes: Int) {
    guard logsRequests else { return }
    var metadata = metadata(slot, note)
    metadata["status"] = .stringConvertible(status.rawValue)
    metadata["bytes"] = .stringConvertible(bytes)
    state.pointee.logger.debug("request answered", metadata: metadata)
  }

  /// A WebSocket has opened. Its note stays where its end is going to be logged.
  func logOpen(_ slot: Slot, _ note: RequestNote) {
    guard logsRequests else { return }
    state.pointee.requests[slot.pointee.index] = note
    state.pointee.logger.debug("websocket opened", metadata: metadata(slot, note))
  }

  /// The connection is gone.
  func forgetNote(_ slot: Slot) {
    guard !state.pointee.requests.isEmpty,
      let note = state.pointee.requests.removeValue(forKey: slot.pointee.index),
      logsRequests
    else { return }
    if slot.pointee.handler == nil {
      state.pointee.logger.debug(
        "connection ended before its request was answered", metadata: metadata(slot, note))
    } else {
      var metadata = metadata(slot, note)
      metadata["code"] = .stringConvertible(slot.pointee.closeCode)
      state.pointee.logger.debug("websocket closed", metadata: metadata)
    }
  }

  /// Of the request a WebSocket came by, for lines about it.
  func metadata(_ slot: Slot) -> Logger.Metadata {
    state.pointee.requests[slot.pointee.index].map { metadata(slot, $0) } ?? [:]
  }

  private func metadata(_ slot: Slot, _ note: RequestNote) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["request_id": .string(note.id)]
    if !note.method.isEmpty {
      metadata["method"] = .string(note.method)
      metadata["path"] = .string(note.path)
    }
    if note.began > 0 {
      let microseconds = (monotonicNanoseconds() - note.began) / 1000
      metadata["seconds"] = .stringConvertible(Double(microseconds) / 1e6)
    }
    if let peer = peerAddress(slot.pointee.fd) { metadata["peer"] = .string(peer) }
    return metadata
  }

  /// The other end's address and port; nil for a Unix socket and for a connection that is gone.
  private func peerAddress(_ fd: Int32) -> String? {
    var address = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getpeername(fd, address, &size) == 0, address.pointee.sa_family != AF_UNIX else {
          return nil
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { host in
          withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8) { port in
            let flags = NI_NUMERICHOST | NI_NUMERICSERV
            guard
              getnameinfo(
                address, size, host.baseAddress, 64, port.baseAddress, 8, Int32(flags)) == 0
            else { return nil }
            let name = String(cString: host.baseAddress!)
            let number = String(cString: port.baseAddress!)
            return name.contains(":") ? "[\(name)]:\(number)" : "\(name):\(number)"
          }
        }
      }
    }
  }
}
