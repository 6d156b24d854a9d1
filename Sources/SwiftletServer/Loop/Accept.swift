// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import CTLS
import Glibc

/// A listening socket of a loop, and what its connections speak.
struct LoopListener {
  enum Language {
    case http
    case stream(Routes.StreamFactory)
  }

  let descriptor: Int32
  let language: Language
  /// Whether other loops take connections from the same socket.
  var isShared = false
}

extension Loop {
  /// Connections taken a wake-up, so that a storm of them does not starve those that are open.
  private static let acceptsPerTurn = 64
  private static let warningInterval: UInt32 = 10_000

  func acceptConnections(from number: Int) {
    acceptConnections(from: number, atMost: Loop.acceptsPerTurn, heedsRate: true)
  }

  /// Those who have connected already, when no others are to: closing the socket would reset them.
  func acceptLastConnections(from number: Int) {
    acceptConnections(from: number, atMost: Int(Listeners.backlog), heedsRate: false)
  }

  private func acceptConnections(from number: Int, atMost count: Int, heedsRate: Bool) {
    for _ in 0..<count {
      guard state.pointee.listeners.indices.contains(number) else { return }
      let listener = state.pointee.listeners[number]
      guard !heedsRate || state.pointee.admission.mayAccept else {
        return pauseAccepting("more clients come than --accept-rate allows; they wait")
      }
      var peer = sockaddr_storage()
      let fd = platform_accept(listener.descriptor, &peer)
      if fd < 0 {
        let error = errno
        switch error {
        case EINTR, ECONNABORTED, EPROTO: continue
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
          pauseAccepting(
            "\(describe(error)); raise the limit on open files or lower --max-connections")
        default: break
        }
        return
      }
      state.pointee.admission.noteAccepted()
      open(fd, from: Origin(peer), listener.language)
    }
  }

  private func open(_ fd: Int32, from origin: Origin, _ language: LoopListener.Language) {
    if let reason = state.pointee.admission.enter(origin) {
      return refuse(fd, language, reason)
    }
    let slot = state.pointee.table.take()
    slot.pointee.fd = fd
    slot.pointee.origin = origin
    slot.pointee.phase = isSecure(language) ? .securing : .http
    slot.pointee.lastActive = state.pointee.now
    slot.pointee.phaseBegan = state.pointee.now
    slot.pointee.interest = EPOLLIN.rawValue
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = slot.token.rawValue
    guard epoll_ctl(state.pointee.epoll, EPOLL_CTL_ADD, fd, &event) == 0 else {
      close(fd)
      state.pointee.table.give(slot)
      state.pointee.admission.leave(origin)
      return
    }
    state.pointee.counters.pointee.accepted.add(1)
    state.pointee.counters.pointee.open.add(1)
    if case .stream(let factory) = language { perform(on: slot) { openStream(slot, factory()) } }
  }

  private func isSecure(_ language: LoopListener.Language) -> Bool {
    if case .http = language { state.pointee.tls != nil } else { false }
  }

  /// Answers before anything was asked, and closes: a refusal costs no place and no reading.
  private func refuse(
    _ fd: Int32, _ language: LoopListener.Language, _ reason: HandshakeFailure
  ) {
    state.pointee.counters.pointee.refused.add(1)
    state.pointee.counters.pointee.failed(reason)
    // Nothing can be said by TLS without its handshake.
    if case .http = language, !isSecure(language) {
      var answer =
        reason == .connectionsPerAddress
        ? Loop.answer(.tooManyRequests, "There are too many connections from this address.\n")
        : Loop.answer(.serviceUnavailable, "The server has as many connections as it may.\n")
      answer.withUTF8 { _ = platform_send(fd, $0.baseAddress!, $0.count) }
    }
    shutdown(fd, Int32(SHUT_WR))
    close(fd)
  }

  private static func answer(_ status: Status, _ sentence: String) -> String {
    "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\nConnection: close\r\n"
      + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: \(sentence.utf8.count)\r\n\r\n"
      + sentence
  }

  /// Level-triggered epoll would report the listener again at once and for ever: leave it alone
  /// until the next sweep.
  private func pauseAccepting(_ reason: @autoclosure () -> String) {
    guard !state.pointee.acceptPaused else { return }
    state.pointee.acceptPaused = true
    state.pointee.counters.pointee.acceptPauses.add(1)
    setListening(false)
    // It is tried again at each sweep: once a while is enough to say so.
    if let warned = state.pointee.acceptWarned, elapsed(since: warned) < Loop.warningInterval {
      return
    }
    state.pointee.acceptWarned = state.pointee.now
    state.pointee.logger.warning("accepting pauses: \(reason())")
  }

  func resumeAccepting() {
    guard state.pointee.acceptPaused else { return }
    state.pointee.acceptPaused = false
    setListening(true)
  }

  private func setListening(_ on: Bool) {
    for number in state.pointee.listeners.indices {
      if on {
        watchListener(number)
      } else {
        let descriptor = state.pointee.listeners[number].descriptor
        _ = epoll_ctl(state.pointee.epoll, EPOLL_CTL_DEL, descriptor, nil)
      }
    }
  }

  func watchListener(_ number: Int) {
    let listener = state.pointee.listeners[number]
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    // Else each connection would wake all loops.
    if listener.isShared { event.events |= EPOLLEXCLUSIVE.rawValue }
    event.data.u64 = Token.listener(number).rawValue
    _ = epoll_ctl(state.pointee.epoll, EPOLL_CTL_ADD, listener.descriptor, &event)
  }

  func stopListening() {
    for listener in state.pointee.listeners { close(listener.descriptor) }
    state.pointee.listeners = []
  }

  /// Frees a connection that is done with: the last thing that happens to it.
  func release(_ slot: Slot) {
    forgetNote(slot)
    if let session = slot.pointee.tls { tls_session_free(session) }
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
    state.pointee.admission.leave(slot.pointee.origin)
    state.pointee.table.give(slot)
    state.pointee.counters.pointee.open.subtract(1)
  }
}
