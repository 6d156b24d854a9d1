// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Testing

@testable import SwiftletPerf

/// How servers are started and stopped. That none is left behind when we are killed is tested from outside.
@Suite struct ServerProcessTests {
  private func launch(_ script: String, environment: [String: String] = [:]) throws -> ServerProcess
  {
    let launch = ServerSubject.Launch(
      command: [], folder: "/tmp", environment: environment)
    return try ServerProcess(launch, command: ["sh", "-c", script])
  }

  /// Asks again until it holds; a test that waits in vain ends by its suite's time limit.
  private func wait(until condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  @Test(.timeLimit(.minutes(2)))
  func whatItStartedEndsWithIt() async throws {
    // Both ignore being asked to end.
    let process = try launch("trap '' TERM; sh -c 'echo $$; while :; do sleep 1; done' & wait")
    try await wait { process.text.hasSuffix("\n") }
    let child = try #require(pid_t(process.text.dropLast()))
    #expect(kill(child, 0) == 0)
    await process.stop()
    #expect(!process.isRunning)
    // Until whoever adopted it has seen to it.
    try await wait { isZombie(child) }
  }

  @Test(.timeLimit(.minutes(2)))
  func folderAndEnvironmentAreThoseAskedFor() async throws {
    let process = try launch(
      "pwd; echo \"$GREETING\" >&2; exit 7", environment: ["GREETING": "a b"])
    try await wait { !process.isRunning }
    #expect(process.text == "/tmp\na b\n")
    #expect(process.obituary == "exit status 7, it wrote last:\n/tmp\na b")
    await process.stop()
  }

  @Test(.timeLimit(.minutes(2)))
  func cpuTimeOfChildrenCounts() async throws {
    let process = try launch("while :; do :; done & echo; wait")
    let before = cpuTime(ofTree: process.pid)
    // The shell itself waits.
    try await wait { cpuTime(ofTree: process.pid) > before + 50_000_000 }
    await process.stop()
  }

  @Test(arguments: [
    ("listening on 4711\n", 4711), ("swiftlet listening on ws://127.0.0.1:9001\n", 9001),
    ("noise\nlistening on ws://[::1]:80/echo now\nmore", 80), ("listening on 127.0.0.1:5\n", 5),
    ("listening on 4711", nil), ("listening on the port\n", nil), ("listening on 70000\n", nil),
    ("", nil),
  ])
  func portIsReadFromTheLine(text: String, port: UInt16?) {
    #expect(toldPort(in: text) == port)
  }

  /// Or gone.
  private func isZombie(_ pid: pid_t) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    return status?.contains(") Z ") ?? true
  }
}
