// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// A listening socket that all loops take connections from: a Unix socket, or one made by who started the process.
/// The kernel wakes one of the loops for a connection (`EPOLLEXCLUSIVE`).
struct SharedListener {
  let address: ServerAddress
  /// One for each loop, of the same socket.
  let descriptors: [Int32]

  private init(
    _ descriptor: Int32, at address: ServerAddress, count: Int
  ) throws(ServerError) {
    self.address = address
    var descriptors = [descriptor]
    while descriptors.count < count {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0 else {
        let error = errno
        for descriptor in descriptors { close(descriptor) }
        throw .system("copy a listening socket", error)
      }
      descriptors.append(copy)
    }
    self.descriptors = descriptors
  }

  /// Takes over a socket that listens already.
  init(inherited descriptor: Int32, count: Int) throws(ServerError) {
    func option(_ name: Int32) -> Int32? {
      var value: Int32 = 0
      var size = socklen_t(4)
      return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
    guard option(SO_TYPE) == Int32(SOCK_STREAM.rawValue), option(SO_ACCEPTCONN) == 1 else {
      throw .inherited(descriptor, "it is not a stream socket that listens")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    var one: Int32 = 1
    // Not for Unix sockets, which then say no.
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    try self.init(
      descriptor, at: SharedListener.address(of: descriptor), count: count)
  }

  /// - Parameter mode: The permissions of the path.
  init(_ file: UnixSocketFile, mode: UInt32, count: Int) throws(ServerError) {
    try self.init(
      try file.listen(mode: mode), at: ServerAddress(path: file.path), count: count)
  }

  private static func address(of descriptor: Int32) -> ServerAddress {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        getsockname(descriptor, address, &size)
        if address.pointee.sa_family == AF_UNIX {
          return ServerAddress(path: UnixSocketFile.path(of: address, size))
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { host in
          getnameinfo(address, size, host.baseAddress, 64, nil, 0, Int32(NI_NUMERICHOST))
          let port = UnsafeRawPointer(address).loadUnaligned(fromByteOffset: 2, as: UInt16.self)
          return ServerAddress(host: String(cString: host.baseAddress!), port: port.bigEndian)
        }
      }
    }
  }
}
