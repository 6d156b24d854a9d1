// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import Glibc
import SwiftletCore

/// What else a loop is told about an attempt it has begun.
enum ConnectStep {
  case resolved([SocketAddress])
  case failed(ConnectFailure)
}

/// A client's way to a TCP connection: the addresses one after the other, without waiting.
extension Loop {
  func advance(_ attempt: ConnectAttempt, _ step: ConnectStep) {
    guard let token = attempt.token, let slot = state.pointee.table.find(token) else { return }
    perform(on: slot) {
      switch step {
      case .resolved(let addresses):
        attempt.addresses = addresses[...]
        connectToNextAddress(slot, attempt)
      case .failed(let failure):
        if slot.pointee.isConnecting {
          failConnecting(slot, failure)
        } else {
          // It opened while this was on its way.
          startClose(slot, code: .goingAway)
        }
      }
    }
  }

  /// Takes a place for the connection, so that its deadline runs while its name is resolved.
  func begin(_ attempt: ConnectAttempt) {
    guard !isDraining else { return attempt.report(.failed(.shutDown)) }
    let slot = state.pointee.table.take()
    slot.pointee.phase = .connecting
    slot.pointee.flags = .client
    slot.pointee.phaseBegan = state.pointee.now
    slot.pointee.interest = EPOLLIN.rawValue | EPOLLOUT.rawValue
    attempt.token = slot.token
    _ = state.pointee.admission.enter(.unknown)
    state.pointee.attempts[slot.pointee.index] = attempt
    state.pointee.counters.pointee.open.add(1)
    // Where there is nothing to resolve.
    if !attempt.addresses.isEmpty { perform(on: slot) { connectToNextAddress(slot, attempt) } }
  }

  private func connectToNextAddress(_ slot: Slot, _ attempt: ConnectAttempt) {
    while let address = attempt.addresses.popFirst() {
      if let error = connect(slot, to: address, from: attempt.source) {
        if attempt.failure == nil { attempt.failure = .unreachable(error) }
        continue
      }
      // One that never answers leaves the others their share of the time.
      let spent = elapsed(since: slot.pointee.phaseBegan)
      let left = state.pointee.deadlines.handshake - min(spent, state.pointee.deadlines.handshake)
      attempt.addressBegan = state.pointee.now
      attempt.addressLimit = left / UInt32(attempt.addresses.count + 1)
      return
    }
    abandon(slot)
  }

  /// Begins a connection in place of the one before it. Returns an errno when that cannot be.
  private func connect(
    _ slot: Slot, to address: SocketAddress, from source: SocketAddress?
  ) -> Int32? {
    if slot.pointee.fd >= 0 { close(slot.pointee.fd) }
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    slot.pointee.fd = socket(address.family, type, 0)
    guard slot.pointee.fd >= 0 else { return errno }
    var one: Int32 = 1
    setsockopt(slot.pointee.fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    if let source {
      // Else each socket would take a port for itself, whatever it is connected to.
      setsockopt(slot.pointee.fd, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &one, 4)
      guard source.withPointer({ bind(slot.pointee.fd, $0, $1) }) == 0 else { return errno }
    }
    let status = address.withPointer { Glibc.connect(slot.pointee.fd, $0, $1) }
    guard status == 0 || errno == EINPROGRESS else { return errno }
    var event = epoll_event()
    event.events = slot.pointee.interest
    event.data.u64 = slot.token.rawValue
    return epoll_ctl(state.pointee.epoll, EPOLL_CTL_ADD, slot.pointee.fd, &event) == 0 ? nil : errno
  }

  /// The socket has something to say: the connection stands, or this address has failed.
  func connectProgressed(_ slot: Slot, _ events: UInt32) {
    guard let attempt = state.pointee.attempts[slot.pointee.index] else { return }
    var error: Int32 = 0
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
      var size = socklen_t(4)
      getsockopt(slot.pointee.fd, SOL_SOCKET, SO_ERROR, &error, &size)
    }
    guard error == 0 else {
      if attempt.failure == nil { attempt.failure = .unreachable(error) }
      return connectToNextAddress(slot, attempt)
    }
    attempt.failure = nil
    attempt.report(.connected)
    switch attempt.kind {
    case .webSocket(_, _, let security?), .stream(_, let security?):
      secure(slot, attempt, security)
    case .webSocket(_, _, nil), .stream(_, nil): transportStands(slot, attempt)
    }
  }

  /// Bytes can be sent, in clear or by TLS.
  func transportStands(_ slot: Slot, _ attempt: ConnectAttempt) {
    switch attempt.kind {
    case .webSocket(let request, _, _): sendRequest(slot, attempt, request)
    case .stream(let handler, _):
      state.pointee.attempts.removeValue(forKey: slot.pointee.index)
      openStream(slot, handler)
    }
  }

  /// The deadline of a connection that is not open yet, and of the address in hand.
  func checkConnecting(_ slot: Slot) {
    guard let attempt = state.pointee.attempts[slot.pointee.index] else { return }
    if elapsed(since: slot.pointee.phaseBegan) >= state.pointee.deadlines.handshake {
      state.pointee.counters.pointee.handshakeTimeouts.add(1)
      perform(on: slot) { failConnecting(slot, .timedOut) }
    } else if slot.pointee.phase == .connecting, !attempt.addresses.isEmpty,
      elapsed(since: attempt.addressBegan) >= attempt.addressLimit
    {
      if attempt.failure == nil { attempt.failure = .unreachable(ETIMEDOUT) }
      perform(on: slot) { connectToNextAddress(slot, attempt) }
    }
  }

  func failConnecting(_ slot: Slot, _ failure: ConnectFailure) {
    state.pointee.attempts[slot.pointee.index]?.failure = failure
    abandon(slot)
  }

  /// Says why there is no connection, when that was a connection that never opened.
  func reportFailure(_ slot: Slot) {
    let attempt = state.pointee.attempts.removeValue(forKey: slot.pointee.index)
    attempt?.report(.failed(attempt?.failure ?? .ended))
  }
}
