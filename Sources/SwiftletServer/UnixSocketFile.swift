// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc
import Synchronization

/// The path of a Unix socket that this process listens at.
final class UnixSocketFile: Sendable {
  let path: String
  /// What was bound; 0 before that and once it is removed. Another file may take the path meanwhile.
  private let inode = Atomic<UInt64>(0)

  init(_ path: String) { self.path = path }

  deinit { remove() }

  /// Binds the path and listens. A socket that nobody listens at is removed before.
  func listen(mode: UInt32) throws(ServerError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw .system("make a socket", errno) }
    do throws(ServerError) {
      try removeStale()
      guard try withAddress({ bind(descriptor, $0, $1) }) == 0 else { throw failure(errno) }
      var status = stat()
      if lstat(path, &status) == 0 { inode.store(UInt64(status.st_ino), ordering: .relaxed) }
      // Nobody gets in before it listens.
      guard chmod(path, mode) == 0, Glibc.listen(descriptor, Listeners.backlog) == 0 else {
        throw failure(errno)
      }
    } catch {
      close(descriptor)
      remove()
      throw error
    }
    return descriptor
  }

  /// Removes the path where it is still the one that was bound.
  func remove() {
    let inode = inode.exchange(0, ordering: .relaxed)
    var status = stat()
    if inode != 0, lstat(path, &status) == 0, UInt64(status.st_ino) == inode { unlink(path) }
  }

  private func removeStale() throws(ServerError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw .unixSocket(path, "there is a file that is no socket")
    }
    let probe = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw .system("make a socket", errno) }
    defer { close(probe) }
    let answer = try withAddress { connect(probe, $0, $1) }
    // Anything but a refusal may be somebody who is busy.
    guard answer != 0, errno == ECONNREFUSED else {
      throw .unixSocket(path, "another process listens there")
    }
    unlink(path)
  }

  private func failure(_ error: Int32) -> ServerError { .unixSocket(path, describe(error)) }

  private func withAddress(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(ServerError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    let bytes = Array(path.utf8)
    guard bytes.count < room else {
      throw .unixSocket(path, "a path has at most \(room - 1) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// The path in a socket's address, with `@` in front where it is abstract.
  static func path(of address: UnsafePointer<sockaddr>, _ size: socklen_t) -> String {
    let bytes = UnsafeRawBufferPointer(start: address, count: Int(size)).dropFirst(2)
    if bytes.first == 0 { return "@" + String(decoding: bytes.dropFirst(), as: UTF8.self) }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
