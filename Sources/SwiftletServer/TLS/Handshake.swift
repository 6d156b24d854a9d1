// SPDX-License-Identifier: Apache-2.0

import CTLS

/// TLS's handshake. Its steps cost a thousand times what a message costs, so they wait for their turn: see
/// `Turns.swift`.
extension Loop {
  /// A client's connection stands.
  func secure(_ slot: Slot, _ attempt: ConnectAttempt, _ security: ClientSecurity) {
    // Not entered as a phase of its own: it shares its deadline with what comes before and after.
    slot.pointee.phase = .securing
    slot.pointee.tls = tlsOutput.flatMap {
      tls_session_connect(security.tls.context.pointer, slot.pointee.fd, $0, security.host)
    }
    guard slot.pointee.tls != nil else { return failConnecting(slot, .handshake(.memory)) }
    advanceHandshake(slot)
  }

  /// Does what the input at hand allows. A server's session is made here, so that a connection costs next to nothing
  /// before its client has said something.
  func advanceHandshake(_ slot: Slot) {
    if slot.pointee.tls == nil {
      slot.pointee.tls = tlsOutput.flatMap {
        state.pointee.tls?.makeSession(slot.pointee.fd, $0)
      }
    }
    guard let session = slot.pointee.tls else { return abandon(slot) }
    switch tls_handshake(session) {
    case TLS_ESTABLISHED: secured(slot, session)
    case TLS_WAITS: break
    default: failHandshake(slot, session)
    }
  }

  private var tlsOutput: OpaquePointer? {
    if state.pointee.tlsOutput == nil { state.pointee.tlsOutput = tls_output_new() }
    return state.pointee.tlsOutput
  }

  private func secured(_ slot: Slot, _ session: OpaquePointer) {
    state.pointee.counters.pointee.tlsHandshakes.add(1)
    if tls_resumed(session) { state.pointee.counters.pointee.tlsResumptions.add(1) }
    slot.pointee.lastActive = state.pointee.now
    guard slot.pointee.flags.contains(.client) else {
      slot.pointee.phase = .http
      return
    }
    guard let attempt = state.pointee.attempts[slot.pointee.index] else { return abandon(slot) }
    attempt.report(.secured)
    transportStands(slot, attempt)
  }

  private func failHandshake(_ slot: Slot, _ session: OpaquePointer) {
    let label = TLSFailure.Label(tls_failure(session))
    state.pointee.counters.pointee.tlsFailed(label)
    state.pointee.counters.pointee.failed(.tls)
    state.pointee.logger.debug(
      "no TLS with a peer: \(label.text) (\(String(cString: tls_failure_reason(session))))")
    if slot.pointee.flags.contains(.client) {
      return failConnecting(slot, .tls(TLSFailure(session)))
    }
    // What is left to say is said in clear: nothing but an end, or why HTTP in clear is not taken.
    tls_session_free(session)
    slot.pointee.tls = nil
    if label == .plainHTTP {
      refuse(slot, .badRequest, "TLS is spoken on this port: use https:// or wss://.")
    } else {
      enter(slot, .lingering)
    }
  }

  /// The deadline of a server's connection, which covers the request that follows.
  func checkSecuring(_ slot: Slot) {
    guard elapsed(since: slot.pointee.phaseBegan) >= state.pointee.deadlines.handshake else {
      return
    }
    state.pointee.counters.pointee.handshakeTimeouts.add(1)
    state.pointee.counters.pointee.tlsFailed(.timeout)
    state.pointee.counters.pointee.failed(.timeout)
    perform(on: slot) { abandon(slot) }
  }

  /// Whether the client has not even begun the handshake. One that waits for its turn has.
  func isUnsaid(_ slot: Slot) -> Bool {
    slot.pointee.phase == .securing && slot.pointee.tls == nil
      && !slot.pointee.flags.contains(.queued)
  }
}
