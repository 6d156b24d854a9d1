// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SwiftletServer

/// What Linux says of this process, by the names all Prometheus clients give it.
public enum ProcessMetrics {
  public static func families() -> [MetricFamily] {
    var families: [MetricFamily] = []
    func add(_ kind: MetricFamily.Kind, _ name: String, _ help: String, _ value: Double?) {
      guard let value else { return }
      families.append(MetricFamily(kind, "process_\(name)", help, value))
    }
    let stat = statistics
    let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
    // Fields 14, 15, 22 to 24 of proc_pid_stat(5), of which the first two are left out.
    func field(_ number: Int) -> Double? {
      stat.indices.contains(number - 3) ? Double(stat[number - 3]) : nil
    }
    if let user = field(14), let system = field(15) {
      add(
        .counter, "cpu_seconds_total", "User and system CPU time spent.", (user + system) / tick)
    }
    if let start = field(22), let boot = bootTime {
      add(
        .gauge, "start_time_seconds", "Start time since the Unix epoch.",
        (100 * (boot + start / tick)).rounded() / 100)
    }
    add(.gauge, "virtual_memory_bytes", "Virtual memory size.", field(23))
    add(
      .gauge, "resident_memory_bytes", "Resident memory size.",
      field(24).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) })
    add(.gauge, "open_fds", "Open file descriptors.", openDescriptors)
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      add(.gauge, "max_fds", "Most file descriptors that may be open.", Double(limit.rlim_cur))
    }
    return families
  }

  /// The fields of /proc/self/stat behind the process's name, which may hold anything.
  private static var statistics: [Substring] {
    guard let text = read("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return [] }
    return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
  }

  /// Seconds from the epoch to the machine's start.
  private static let bootTime: Double? = read("/proc/stat").flatMap { text in
    text.split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Double($0.dropFirst(6)) }
  }

  /// As the folder's size says since Linux 6.2. Before that it must be listed, which takes a millisecond for each
  /// thousand: once in ten seconds is enough.
  private static var openDescriptors: Double? {
    var folder = stat()
    if stat("/proc/self/fd", &folder) == 0, folder.st_size > 0 { return Double(folder.st_size) }
    return listed.withLock { listed in
      if let last = listed, last.time.duration(to: .now) < .seconds(10) { return last.count }
      guard let count = listDescriptors() else { return nil }
      listed = (count, .now)
      return count
    }
  }

  private static let listed = Locked<(count: Double, time: ContinuousClock.Instant)?>(nil)

  private static func listDescriptors() -> Double? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    // Less ".", ".." and the one that lists them.
    var count = -3.0
    while readdir(folder) != nil { count += 1 }
    return count
  }

  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      let piece = [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
        count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
      }
      if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece
    }
  }
}
