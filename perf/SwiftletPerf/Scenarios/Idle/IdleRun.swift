// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
package import SwiftletServer

/// Connections that are held, by several processes.
package struct IdlePlan: Sendable {
  /// Of the server, or of several, to which connections go in turn.
  package var urls: [String]
  package var trust: TLSTrust
  package var connections: Int
  package var processes: Int
  /// Where connections come from; see ``SourceAddresses``.
  package var sources: [String]
  /// How long all are held before they are asked whether they live.
  package var hold: Duration
  package var patience: Duration
  /// The server's processes on this machine; none for those that listen on its port.
  package var servers: [Int]

  package init(
    urls: [String], connections: Int, processes: Int, sources: [String], hold: Duration,
    patience: Duration, servers: [Int], trust: TLSTrust = .system
  ) {
    self.urls = urls
    self.trust = trust
    self.connections = connections
    self.processes = processes
    self.sources = sources
    self.hold = hold
    self.patience = patience
    self.servers = servers
  }

  private var shares: [IdleShare] {
    (0..<processes).map { index in
      let first = connections * index / processes
      return IdleShare(
        urls: urls, trust: trust, first: first,
        count: connections * (index + 1) / processes - first,
        sources: sources, patience: patience)
    }
  }

  /// Holds the connections. `watch` is told of the progress.
  package func run(
    _ watch: (LoadProgress) -> Void = { _ in }
  ) async throws -> IdleOutcome {
    let servers = try self.servers.isEmpty ? localServers() : self.servers
    let before = memory(of: servers)
    var outcome = IdleOutcome(plan: self, servers: servers)
    let group = try ShareGroup(shares)
    let proofs = try await group.run(watch) { parts in
      try await Task.sleep(for: hold)
      for part in parts { outcome += part }
      if let before, let after = memory(of: servers) { outcome.serverMemory = after - before }
    }
    for proof in proofs {
      outcome.live += proof.live
      outcome.faults += proof.faults
      outcome.pong.add(proof.pong.histogram)
    }
    return outcome
  }

  private func localServers() throws -> [Int] {
    var processes: Set<Int> = []
    for url in urls {
      do throws(ConnectError) {
        let location = try WebSocketURL(url)
        let isLocal =
          location.host.hasPrefix("127.") || ["localhost", "::1"].contains(location.host)
        if isLocal { processes.formUnion(LocalServer.processes(listeningOn: location.port)) }
      } catch {
        throw LoadError.connect(error)
      }
    }
    return processes.sorted()
  }

  /// nil where there is nothing to be seen.
  private func memory(of servers: [Int]) -> Int? {
    let memories = servers.compactMap { ProcessMemory(of: $0)?.resident }
    return memories.isEmpty || memories.count < servers.count ? nil : memories.reduce(0, +)
  }
}

package struct IdleOutcome: Sendable {
  package var plan: IdlePlan
  /// The server's processes.
  package var servers: [Int]
  package var opened = 0
  /// Answered at the end.
  package var live = 0
  /// Why connections could not be opened, and how often.
  package var failures: [String: Int] = [:]
  /// Until the last was open.
  package var seconds = 0.0
  /// What the server's processes grew by, in bytes; nil where it cannot be seen.
  package var serverMemory: Int?
  /// One entry a client process.
  package var clients: [ProcessMemory] = []
  package var phases = ConnectionPhases()
  package var pong = Latencies()
  package var faults = Faults()

  static func += (one: inout IdleOutcome, part: IdleShare.Opened) {
    one.opened += part.opened
    one.failures.merge(part.failures, uniquingKeysWith: +)
    one.seconds = max(one.seconds, part.seconds)
    one.phases += part.phases.histograms
    one.clients.append(part.memory)
  }
}
