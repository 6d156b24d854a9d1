// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletServer

/// Who started the server and watches it, as systemd does: told of its state (sd_notify(3)), and passing sockets
/// (sd_listen_fds(3)).
struct ServiceManager: Sendable {
  private let environment: [String: String]
  private let process = getpid()

  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.environment = environment
  }

  /// Sockets that were passed; none where they were meant for another process.
  var sockets: [Int32] {
    guard number("LISTEN_PID") == UInt64(process), let count = number("LISTEN_FDS"),
      (1...1024).contains(count)
    else { return [] }
    // SD_LISTEN_FDS_START
    return (0..<Int32(count)).map { 3 + $0 }
  }

  /// Within what time a sign of life is expected, if it is.
  var watchdogTimeout: Duration? {
    if let meant = number("WATCHDOG_PID"), meant != UInt64(process) { return nil }
    guard let microseconds = number("WATCHDOG_USEC"), 1...UInt64(Int64.max) ~= microseconds else {
      return nil
    }
    return .microseconds(Int64(microseconds))
  }

  private func number(_ variable: String) -> UInt64? {
    environment[variable].flatMap { UInt64($0) }
  }

  // MARK: - State

  func tellReady(_ status: String) { tell("READY=1\nSTATUS=\(status)") }
  func tellReloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=\(DispatchTime.now().uptimeNanoseconds / 1000)")
  }
  func tellStopping() { tell("STOPPING=1") }
  func tellAlive() { tell("WATCHDOG=1") }

  /// Where nobody listens nobody is told.
  private func tell(_ state: String) {
    guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@") else {
      return
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    // An abstract address: what follows a zero, without one at its end.
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(
          descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), $0, socklen_t(size))
      }
    }
  }
}
