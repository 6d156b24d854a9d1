// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Glibc

/// What of a process's memory is in RAM, in bytes. What the kernel holds for its sockets is not in it.
package struct ProcessMemory: Codable, Sendable {
  package var resident: Int
  /// The most there ever was.
  package var peak: Int

  init(resident: Int, peak: Int) {
    self.resident = resident
    self.peak = peak
  }

  /// Of this process for nil; nil when there is no such process.
  init?(of pid: Int?) {
    let path = "/proc/\(pid.map(String.init) ?? "self")/status"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    func kilobytes(_ name: String) -> Int? {
      for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
        return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
          .flatMap { Int($0) }
      }
      return nil
    }
    guard let resident = kilobytes("VmRSS"), let peak = kilobytes("VmHWM") else { return nil }
    self.init(resident: resident << 10, peak: peak << 10)
  }
}

/// The processes of this machine that listen on a TCP port, as far as this user may see.
enum LocalServer {
  static func processes(listeningOn port: UInt16) -> [Int] {
    let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].reduce(into: Set<String>()) { sockets, path in
      sockets.formUnion(listeners(in: table(path), port: port))
    }
    guard !sockets.isEmpty else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int($0) }.filter { holds(sockets, $0) }.sorted()
  }

  /// A table of the kernel's, which gives a page at a time and says that it is empty: FileManager reads no further
  /// than the first page.
  private static func table(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var page = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = read(descriptor, &page, page.count), count > 0 {
      bytes += page[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The inodes of sockets that listen on a port, in a table of the kernel's (proc(5), /proc/net/tcp).
  static func listeners(in table: String, port: UInt16) -> [String] {
    table.split(separator: "\n").dropFirst().compactMap { row in
      let fields = row.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A",
        let written = fields[1].split(separator: ":").last,
        UInt16(written, radix: 16) == port
      else { return nil }
      return String(fields[9])
    }
  }

  private static func holds(_ sockets: Set<String>, _ pid: Int) -> Bool {
    let folder = "/proc/\(pid)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.contains { name in
      guard
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "\(folder)/\(name)"),
        target.hasPrefix("socket:[")
      else { return false }
      return sockets.contains(String(target.dropFirst(8).dropLast()))
    }
  }
}
