// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet
internal import FoundationEssentials
internal import Glibc

/// Where a run took place.
package struct Machine: Codable, Sendable {
  package let processor: String
  package let processors: Int
  package let memoryBytes: Int
  package let kernel: String
  package let system: String
  /// The frequency governor of the first processor; absent where the machine does not say.
  package let governor: String?
  /// File descriptors a process may have.
  package let descriptors: Int?
  /// From which, and up to which, connections to one server take ports, of each source address.
  package let ports: [Int]?
  /// Over the last minute: how many threads wanted to run.
  package let loadAverage: Double?
  package let versions: [String: String]

  static var current: Machine {
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: &name.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Machine(
      processor: value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown",
      processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
      memoryBytes: sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)),
      kernel: release,
      system: value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "unknown",
      governor: governor, descriptors: descriptors,
      ports: numbers(of: "/proc/sys/net/ipv4/ip_local_port_range").map { Int($0) },
      loadAverage: numbers(of: "/proc/loadavg").first,
      versions: [
        "swiftlet": String(cString: swl_version()),
        "swift": "\(_SwiftStdlibVersion.current)",
      ])
  }

  private static var governor: String? {
    lines(of: "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").first
  }

  /// As many as may be: the limit is raised to where it may be raised.
  static var descriptors: Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_max)
  }

  private static func numbers(of path: String) -> [Double] {
    lines(of: path).first?.split { $0.isWhitespace }.compactMap { Double($0) } ?? []
  }

  private static func lines(of path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// What follows the first `name` in a file of names and values.
  private static func value(of name: String, in path: String, separator: Character) -> String? {
    for line in lines(of: path) where line.hasPrefix(name) {
      guard let at = line.firstIndex(of: separator) else { continue }
      return String(line[line.index(after: at)...].trimmingPrefix(" ").filter { $0 != "\"" })
    }
    return nil
  }
}
