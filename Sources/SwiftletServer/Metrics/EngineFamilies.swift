// SPDX-License-Identifier: Apache-2.0

/// What the loops counted, over all of them or one by one.
func engineFamilies(_ loops: [SharedCounters]) -> [MetricFamily] {
  var families: [MetricFamily] = []
  func sum(_ value: (borrowing Counters) -> UInt64) -> Double {
    Double(loops.reduce(0) { $0 &+ value($1.pointer.pointee) })
  }
  func add(_ kind: MetricFamily.Kind, _ name: String, _ help: String, _ value: Double) {
    families.append(MetricFamily(kind, "swiftlet_\(name)", help, value))
  }
  func add(
    _ kind: MetricFamily.Kind, _ name: String, _ help: String, by label: String,
    _ values: [(String, Double)]
  ) {
    families.append(MetricFamily(kind, "swiftlet_\(name)", help, by: label, values))
  }

  add(.gauge, "connections", "Open connections.", sum { $0.open.current })
  add(.gauge, "websockets", "Open WebSockets.", sum { $0.webSockets.current })
  add(.gauge, "streams", "Open byte streams.", sum { $0.streams.current })
  add(.counter, "connections_accepted_total", "Connections accepted.", sum { $0.accepted.current })
  add(
    .counter, "requests_refused_total", "Connections and requests answered with an error.",
    sum { $0.refused.current })
  add(
    .counter, "handshake_failures_total",
    "Connections and requests turned away before the upgrade, by reason.", by: "reason",
    HandshakeFailure.allCases.map { reason in (reason.rawValue, sum { $0.failures(reason) }) })
  add(
    .counter, "accept_pauses_total",
    "Times that connections were left waiting, for the accept rate or for want of descriptors.",
    sum { $0.acceptPauses.current })
  add(.counter, "handshakes_total", "WebSockets opened.", sum { $0.handshakes.current })
  add(
    .counter, "handshake_timeouts_total", "Requests that came too slowly.",
    sum { $0.handshakeTimeouts.current })
  add(.counter, "tls_handshakes_total", "TLS handshakes done.", sum { $0.tlsHandshakes.current })
  add(
    .counter, "tls_resumptions_total", "TLS handshakes that went on from an earlier session.",
    sum { $0.tlsResumptions.current })
  add(
    .counter, "tls_handshake_failures_total", "TLS handshakes that failed, by reason.",
    by: "reason",
    TLSFailure.Label.allCases.map { label in (label.text, sum { $0.tlsFailures(label) }) })
  add(
    .counter, "http_responses_total", "HTTP responses other than upgrades.",
    sum { $0.httpResponses.current })
  add(
    .counter, "messages_received_total", "WebSocket messages received.",
    sum { $0.messagesReceived.current })
  add(
    .counter, "messages_sent_total", "WebSocket messages sent.", sum { $0.messagesSent.current })
  add(
    .counter, "received_bytes_total", "Bytes read from sockets.", sum { $0.bytesReceived.current })
  add(.counter, "sent_bytes_total", "Bytes written to sockets.", sum { $0.bytesSent.current })
  add(
    .counter, "protocol_errors_total", "WebSockets closed because the peer broke the protocol.",
    sum { $0.protocolErrors.current })
  add(
    .counter, "websocket_closes_total", "WebSockets closed, by close code.", by: "code",
    ClosesByCode.Label.allCases.map { label in (label.text, sum { $0.closes(label) }) })
  add(
    .gauge, "queued_bytes", "Bytes that wait for clients to take them.",
    sum { $0.use.queuedBytes.current })
  add(
    .gauge, "message_memory_bytes", "Memory that holds messages and replies on their way.",
    sum { $0.use.messageMemory.current })
  add(
    .counter, "memory_evictions_total",
    "Connections ended since too much memory was in use for messages.",
    sum { $0.evictions.current })
  add(
    .gauge, "connections_paused", "Connections not read until what is queued has left.",
    sum { $0.use.paused.current })
  return families + loopFamilies(loops) + [serviceTimes(loops)]
}

private func loopFamilies(_ loops: [SharedCounters]) -> [MetricFamily] {
  func family(
    _ kind: MetricFamily.Kind, _ name: String, _ help: String,
    _ value: (borrowing LoopUse) -> UInt64
  ) -> MetricFamily {
    MetricFamily(
      kind, "swiftlet_\(name)", help, by: "loop",
      loops.enumerated().map { ("\($0)", Double(value($1.pointer.pointee.use)) / 1e9) })
  }
  return [
    family(.counter, "loop_busy_seconds_total", "Time a loop was at work.") { $0.busy.current },
    family(
      .gauge, "loop_lag_seconds", "The longest that input waited for a loop in the last second."
    ) { $0.lag },
  ]
}

private func serviceTimes(_ loops: [SharedCounters]) -> MetricFamily {
  let routes = loops.first?.routes ?? []
  let samples = routes.enumerated().map { number, name in
    var total = loops[0].pointer.pointee.serviceTimes.value(route: number)
    for loop in loops.dropFirst() {
      total.add(loop.pointer.pointee.serviceTimes.value(route: number))
    }
    return MetricFamily.Sample(labels: [("route", name)], .histogram(total))
  }
  return MetricFamily(
    .histogram, "swiftlet_service_seconds",
    "From a loop's wake-up until a message's or request's replies were written.",
    samples: samples)
}
