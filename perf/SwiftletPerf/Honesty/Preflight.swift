// SPDX-License-Identifier: Apache-2.0

/// What may stand in the way of loads on this machine, looked at before they are run.
struct Preflight: Sendable {
  private(set) var remarks: [String] = []

  init(_ machine: Machine, _ plans: [LoadPlan]) {
    if let load = machine.loadAverage, load > Double(machine.processors) / 2 {
      remarks.append(
        "Others were busy on this machine: the load average was \(load.rounded(toPlaces: 1)) on \(machine.processors) processors."
      )
    }
    if let governor = machine.governor, governor != "performance" {
      remarks.append(
        "The processors' frequency is governed by \(governor): for steady figures use performance.")
    }
    for plan in plans { look(at: plan, machine) }
  }

  private mutating func look(at plan: LoadPlan, _ machine: Machine) {
    if plan.isLocal && plan.threads >= machine.processors {
      remark(
        "\(plan.threads) client threads and the server share \(machine.processors) processors: the client takes from what it measures."
      )
    }
    let connections = plan.connections * plan.threads
    if let ports = machine.ports, ports.count == 2, !plan.isLocal,
      connections > ports[1] - ports[0]
    {
      remark(
        "One source address has \(ports[1] - ports[0] + 1) ports for \(connections) connections.")
    }
  }

  private mutating func remark(_ sentence: String) {
    if !remarks.contains(sentence) { remarks.append(sentence) }
  }
}

extension LoadPlan {
  /// Descriptors a process needs for itself.
  private static let ownDescriptors = 64
  /// Connections from one source address: fewer than it has ports.
  private static let connectionsPerAddress = 20_000

  /// Why it cannot be run here; nil when it can.
  var obstacle: String? {
    if depth > 1, (try? Target(url).transport) == .http {
      return "an HTTP connection carries one message at a time: leave out --depth"
    }
    let descriptors = Machine.descriptors
    let connections = connections * threads
    guard connections + Self.ownDescriptors > descriptors else { return nil }
    return
      "\(connections) connections need more than the \(descriptors) file descriptors that a process may have: raise the limit (ulimit -Hn) or use several processes"
  }

  /// Whether the server is this machine's, at a loopback address.
  var isLocal: Bool { loopbackHost != nil }

  /// Where the connection of this number comes from; nil for where the system likes. All of 127/8 is this machine,
  /// so there are ports enough.
  func localAddress(of connection: UInt32) -> String? {
    let address = Int(connection) / Self.connectionsPerAddress
    guard address > 0, let host = loopbackHost, host != "::1" else { return nil }
    return "127.0.\((address + 1) >> 8).\((address + 1) & 255)"
  }

  private var loopbackHost: String? {
    guard let host = try? Target(url).location.host else { return nil }
    return host == "localhost" || host == "::1" || host.hasPrefix("127.") ? host : nil
  }
}
