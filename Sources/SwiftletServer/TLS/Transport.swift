// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CTLS
import Glibc

/// All that is read from and written to connections' sockets, in clear or by TLS. Like the system's calls these return
/// what was done, or -1 with `errno`.
extension Loop {
  @inline(__always)
  func receive(_ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ size: Int) -> Int {
    guard let session = slot.pointee.tls else {
      return platform_receive(slot.pointee.fd, bytes, size)
    }
    return tls_receive(session, bytes, size)
  }

  @inline(__always)
  func send(_ slot: Slot, _ bytes: UnsafeRawPointer, _ size: Int) -> Int {
    guard let session = slot.pointee.tls else { return platform_send(slot.pointee.fd, bytes, size) }
    return tls_send(session, bytes, size)
  }

  @inline(__always)
  func sendParts(_ slot: Slot, _ parts: UnsafePointer<iovec>, _ count: Int) -> Int {
    guard let session = slot.pointee.tls else {
      return platform_send_parts(slot.pointee.fd, parts, count)
    }
    return tls_send_parts(session, parts, count)
  }

  /// Whether something waits for the socket to take more.
  @inline(__always)
  func hasOutput(_ slot: Slot) -> Bool {
    if slot.pointee.outputFirst != nil { return true }
    guard let session = slot.pointee.tls else { return false }
    return tls_is_holding(session)
  }

  /// Sends the records that the socket did not take before. False when it still does not take them all.
  func flushRecords(_ slot: Slot) -> Bool {
    guard let session = slot.pointee.tls, tls_is_holding(session) else { return true }
    guard tls_flush(session) == 0 else {
      if errno != EAGAIN { abandon(slot) }
      return false
    }
    slot.pointee.lastActive = state.pointee.now
    return true
  }

  /// Says by TLS that nothing more comes, so that the peer can tell this end from a cut. False when that must wait.
  func endTLS(_ slot: Slot) -> Bool {
    guard let session = slot.pointee.tls else { return true }
    tls_end(session)
    return !tls_is_holding(session)
  }
}
