// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Why a server could not start, as a sentence for people.
public enum ServerError: Error, CustomStringConvertible {
  /// The address could not be resolved: host and what the resolver said.
  case unknownHost(String, String)
  /// The address could not be bound: host, port, errno.
  case bind(String, UInt16, Int32)
  /// The Unix socket could not be listened at: path and why.
  case unixSocket(String, String)
  /// A socket that was passed is not one to listen at: its descriptor and why.
  case inherited(Int32, String)
  /// The system refused something else: what, errno.
  case system(String, Int32)

  public var description: String {
    switch self {
    case .unknownHost(let host, let detail):
      "cannot listen at host \"\(host)\": \(detail); give an address of this machine with --host"
    case .bind(let host, let port, let error):
      "cannot listen at \(host) port \(port): \(describe(error)); choose another port"
    case .unixSocket(let path, let reason):
      "cannot listen at the Unix socket \"\(path)\": \(reason)"
    case .inherited(let descriptor, let reason):
      "cannot listen at the socket that was passed as descriptor \(descriptor): \(reason)"
    case .system(let action, let error):
      "cannot \(action): \(describe(error))"
    }
  }
}

/// The system's text for an errno value.
package func describe(_ error: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
    guard strerror_r(error, buffer.baseAddress!, buffer.count) == 0 else { return "error \(error)" }
    return String(cString: buffer.baseAddress!)
  }
}

/// Where a server listens.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// Empty for a Unix socket.
  public let host: String
  /// 0 for a Unix socket.
  public let port: UInt16
  /// Of a Unix socket.
  public let path: String?

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
    path = nil
  }

  public init(path: String) {
    host = ""
    port = 0
    self.path = path
  }

  /// "HOST:PORT", an IPv6 host in brackets, or the path.
  public var description: String {
    path ?? (host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
  }
}

/// Listening sockets, one a loop, on one port between which the kernel spreads connections.
struct Listeners {
  /// Connections that wait to be accepted, at most.
  static let backlog: Int32 = 4096

  let address: ServerAddress
  let descriptors: [Int32]

  init(host: String, port: UInt16, count: Int) throws(ServerError) {
    var found: UnsafeMutablePointer<addrinfo>?
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    let status = getaddrinfo(host, "\(port)", &hints, &found)
    guard status == 0, let found else {
      throw .unknownHost(host, String(cString: gai_strerror(status)))
    }
    defer { freeaddrinfo(found) }

    // Sockets with SO_REUSEPORT share a port even with another process's: without this probe a
    // second server would silently take half of the first one's connections.
    close(try Listeners.bind(found.pointee, host, port, shared: false))

    var descriptors: [Int32] = []
    var bound = port
    do throws(ServerError) {
      for _ in 0..<count {
        Listeners.set(port: bound, of: found.pointee.ai_addr)
        let descriptor = try Listeners.bind(found.pointee, host, bound, shared: true)
        descriptors.append(descriptor)
        guard listen(descriptor, Listeners.backlog) == 0 else { throw .bind(host, bound, errno) }
        bound = Listeners.port(of: descriptor)
      }
    } catch {
      for descriptor in descriptors { close(descriptor) }
      throw error
    }
    self.descriptors = descriptors
    address = ServerAddress(host: host, port: bound)
  }

  private static func bind(
    _ info: addrinfo, _ host: String, _ port: UInt16, shared: Bool
  ) throws(ServerError) -> Int32 {
    let type = info.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(info.ai_family, type, 0)
    guard descriptor >= 0 else { throw .system("make a socket", errno) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    // Accepted sockets inherit it.
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    if shared { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, 4) }
    guard Glibc.bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
      let error = errno
      close(descriptor)
      throw .bind(host, port, error)
    }
    return descriptor
  }

  private static func set(port: UInt16, of address: UnsafeMutablePointer<sockaddr>) {
    // The port lies at the same place for both families.
    UnsafeMutableRawPointer(address).storeBytes(
      of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
  }

  private static func port(of descriptor: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(descriptor, $0, &size)
        return UnsafeRawPointer($0).loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian
      }
    }
  }
}
