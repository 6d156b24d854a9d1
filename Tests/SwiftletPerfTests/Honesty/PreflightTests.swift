// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct PreflightTests {
  private func plan(_ url: String, connections: Int = 1, threads: Int = 1) -> LoadPlan {
    LoadPlan(
      url: url, connections: connections, threads: threads, arrivals: .closed, depth: 1,
      format: .binary, size: 20, duration: .seconds(1), warmUpLimit: .seconds(1),
      patience: .seconds(1), seed: 1)
  }

  private func machine(
    processors: Int = 4, governor: String? = nil, load: Double = 0, ports: [Int] = [32768, 60999]
  ) -> Machine {
    Machine(
      processor: "", processors: processors, memoryBytes: 0, kernel: "", system: "",
      governor: governor, descriptors: 1024, ports: ports, loadAverage: load, versions: [:])
  }

  @Test func aQuietMachineIsNotRemarkedOn() {
    let remarks = Preflight(machine(governor: "performance"), [plan("ws://127.0.0.1/")]).remarks
    #expect(remarks.isEmpty)
  }

  @Test func whatStandsInTheWayIsTold() {
    #expect(Preflight(machine(load: 3), []).remarks[0].contains("load average was 3.0"))
    #expect(Preflight(machine(governor: "powersave"), []).remarks[0].contains("powersave"))
    let crowded = Preflight(machine(processors: 2), [plan("ws://127.0.0.1/", threads: 2)])
    #expect(crowded.remarks[0].contains("share 2 processors"))
    let remote = plan("ws://192.0.2.1/", connections: 30_000)
    #expect(Preflight(machine(), [remote, remote]).remarks.count == 1)
    #expect(Preflight(machine(), [remote]).remarks[0].contains("28232 ports"))
  }

  @Test func manyConnectionsComeFromManyAddresses() {
    let local = plan("ws://127.0.0.1:9001/echo")
    #expect(local.localAddress(of: 0) == nil && local.localAddress(of: 19_999) == nil)
    #expect(local.localAddress(of: 20_000) == "127.0.0.2")
    #expect(local.localAddress(of: 40_000) == "127.0.0.3")
    #expect(local.localAddress(of: 20_000 * 300) == "127.0.1.45")
    #expect(plan("ws://192.0.2.1/").localAddress(of: 20_000) == nil)
    #expect(plan("tcp://localhost:1").localAddress(of: 20_000) == "127.0.0.2")
  }

  @Test func moreConnectionsThanDescriptorsAreAnObstacle() {
    #expect(plan("ws://127.0.0.1/").obstacle == nil)
    let obstacle = plan("ws://127.0.0.1/", connections: 1 << 40).obstacle
    #expect(obstacle?.contains("file descriptors") == true)
  }
}
