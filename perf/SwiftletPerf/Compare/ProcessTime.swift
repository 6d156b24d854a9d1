// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Glibc

/// CPU time that a process and its children have used so far, in nanoseconds: that of all threads there are. What
/// ended threads and children used is not in it.
func cpuTime(ofTree pid: pid_t) -> UInt64 {
  let tasks = "/proc/\(pid)/task"
  return (try? FileManager.default.contentsOfDirectory(atPath: tasks))?.reduce(0) { sum, task in
    // "RUNNING WAITING SLICES", see the kernel's Documentation/scheduler/sched-stats.rst.
    let own = fields(of: "\(tasks)/\(task)/schedstat").first.flatMap { UInt64($0) } ?? 0
    let children = fields(of: "\(tasks)/\(task)/children").compactMap { pid_t($0) }
    return sum + own + children.reduce(0) { $0 + cpuTime(ofTree: $1) }
  } ?? 0
}

private func fields(of path: String) -> [Substring] {
  let file = FileManager.default.contents(atPath: path) ?? Data()
  return String(decoding: file, as: UTF8.self).split { $0.isWhitespace }
}
