// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Glibc
internal import SwiftletCore

/// What a server of ours and everybody else used of the machine while a load was measured.
struct ServerMeter {
  private struct Reading {
    /// Nanoseconds.
    let time = monotonicNanoseconds()
    let server: UInt64
    let client = cpuClock(CLOCK_PROCESS_CPUTIME_ID)
    let machine = machineTime()
    let received: Int

    init(_ pid: pid_t, received: Int) {
      server = cpuTime(ofTree: pid)
      self.received = received
    }
  }

  private let pid: pid_t?
  private var begin: Reading?
  private var end: Reading?

  init(_ pid: pid_t?) { self.pid = pid }

  /// The first word of a phase comes as it begins.
  mutating func note(_ progress: LoadProgress) {
    guard let pid else { return }
    if progress.phase == .measuring, begin == nil {
      begin = Reading(pid, received: progress.received)
    } else if progress.phase == .finishing, end == nil {
      end = Reading(pid, received: progress.received)
    }
  }

  /// Nanoseconds of the server's CPU time.
  var timePerMessage: Double? {
    guard let begin, let end, end.server > begin.server, end.received > begin.received else {
      return nil
    }
    return Double(end.server - begin.server) / Double(end.received - begin.received)
  }

  /// How many processors others had.
  var othersBusy: Double? {
    guard let begin, let end, end.time > begin.time else { return nil }
    func used(_ part: (Reading) -> UInt64) -> Double { Double(part(end)) - Double(part(begin)) }
    let others = used(\.machine) - used(\.server) - used(\.client)
    return max(0, others) / used(\.time)
  }
}

private func cpuClock(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// CPU time of all processors so far, in nanoseconds, to a hundredth of a second. Interrupts are left out: that the
/// kernel handles packets is no work of others, and it depends on the kernel whether it counts for the process too.
private func machineTime() -> UInt64 {
  // "cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...", see proc(5). Guests are in USER.
  let file = FileManager.default.contents(atPath: "/proc/stat") ?? Data()
  let line = String(decoding: file.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  let ticks = line.split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
  guard ticks.count >= 8 else { return 0 }
  let used = ticks[0] + ticks[1] + ticks[2] + ticks[7]
  return used * (1_000_000_000 / UInt64(sysconf(Int32(_SC_CLK_TCK))))
}
