// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import Glibc

/// A listening socket of a loop, and what its connections speak.
struct LoopListener {
  enum Language {
    case http
    case stream(Routes.StreamFactory)
  }

  let descriptor: Int32
  let language: Language
}

extension Loop {
  /// Connections taken a wake-up, so that a storm of them does not starve those that are open.
  private static let acceptsPerTurn = 64
  private static let warningInterval: UInt32 = 10_000

  func acceptConnections(from number: Int) {
    for _ in 0..<Loop.acceptsPerTurn {
      guard state.pointee.listeners.indices.contains(number) else { return }
      let listener = state.pointee.listeners[number]
      let fd = platform_accept(listener.descriptor)
      if fd < 0 {
        switch errno {
        case EINTR, ECONNABORTED, EPROTO: continue
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseAccepting(errno)
        default: break
        }
        return
      }
      open(fd, listener.language)
    }
  }

  private func open(_ fd: Int32, _ language: LoopListener.Language) {
    guard state.pointee.admission.enter(limit: state.pointee.maxConnections) else {
      state.pointee.counters.pointee.refused.add(1)
      state.pointee.counters.pointee.failed(.connections)
      refuse(fd, language)
      return
    }
    let slot = state.pointee.table.take()
    slot.pointee.fd = fd
    slot.pointee.phase = .http
    slot.pointee.lastActive = state.pointee.now
    slot.pointee.phaseBegan = state.pointee.now
    slot.pointee.interest = EPOLLIN.rawValue
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = slot.token.rawValue
    guard epoll_ctl(state.pointee.epoll, EPOLL_CTL_ADD, fd, &event) == 0 else {
      close(fd)
      state.pointee.table.give(slot)
      state.pointee.admission.leave()
      return
    }
    state.pointee.counters.pointee.accepted.add(1)
    state.pointee.counters.pointee.open.add(1)
    if case .stream(let factory) = language { perform(on: slot) { openStream(slot, factory()) } }
  }

  private func refuse(_ fd: Int32, _ language: LoopListener.Language) {
    if case .http = language {
      let answer: StaticString =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
      _ = platform_send(fd, answer.utf8Start, answer.utf8CodeUnitCount)
    }
    shutdown(fd, Int32(SHUT_WR))
    close(fd)
  }

  /// Level-triggered epoll would report the listener again at once and for ever: leave it alone
  /// until the next sweep.
  private func pauseAccepting(_ error: Int32) {
    guard !state.pointee.acceptPaused else { return }
    state.pointee.acceptPaused = true
    setListening(false)
    // It is tried again at each sweep: once a while is enough to say so.
    if let warned = state.pointee.acceptWarned, elapsed(since: warned) < Loop.warningInterval {
      return
    }
    state.pointee.acceptWarned = state.pointee.now
    state.pointee.logger.warning(
      "accepting pauses: \(describe(error)); raise the limit on open files or lower --max-connections"
    )
  }

  func resumeAccepting() {
    guard state.pointee.acceptPaused else { return }
    state.pointee.acceptPaused = false
    setListening(true)
  }

  private func setListening(_ on: Bool) {
    for (number, listener) in state.pointee.listeners.enumerated() {
      var event = epoll_event()
      event.events = on ? EPOLLIN.rawValue : 0
      event.data.u64 = Token.listener(number).rawValue
      _ = epoll_ctl(state.pointee.epoll, EPOLL_CTL_MOD, listener.descriptor, &event)
    }
  }

  func stopListening() {
    for listener in state.pointee.listeners { close(listener.descriptor) }
    state.pointee.listeners = []
  }

  /// Frees a connection that is done with: the last thing that happens to it.
  func release(_ slot: Slot) {
    if slot.pointee.fd >= 0 { close(slot.pointee.fd) }
    if slot.pointee.flags.contains(.client) { reportFailure(slot) }
    if let handler = slot.pointee.handler {
      handler._withUnsafeGuaranteedRef {
        $0.closed(Connection(loop: self, slot: slot), code: .init(rawValue: slot.pointee.closeCode))
      }
      handler.release()
      if slot.pointee.flags.contains(.stream) {
        state.pointee.counters.pointee.streams.subtract(1)
      } else {
        state.pointee.counters.pointee.webSockets.subtract(1)
        state.pointee.counters.pointee.closed(code: slot.pointee.closeCode)
      }
    }
    discardOutput(slot)
    endCompression(slot)
    if let buffer = slot.pointee.message { state.pointee.pool.give(buffer) }
    if let buffer = slot.pointee.stash { state.pointee.pool.give(buffer) }
    forgetAccess(slot)
    state.pointee.corkCount = 0
    state.pointee.table.give(slot)
    state.pointee.admission.leave()
    state.pointee.counters.pointee.open.subtract(1)
  }
}
