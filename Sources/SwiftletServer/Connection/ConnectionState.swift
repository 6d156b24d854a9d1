// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// Where a connection stands.
enum Phase: UInt8 {
  /// No connection in this slot.
  case free
  /// Reading an HTTP request head.
  case http
  /// A client's: finding the server, or waiting for TCP's answer. The slot may have no socket yet.
  case connecting
  /// TLS's handshake, before anything else is said.
  case securing
  /// A client's: the request is on its way, the response's head is read.
  case clientHandshake
  /// The WebSocket is open.
  case open
  /// The connection is open and carries bytes as they are.
  case stream
  /// We sent a close frame and wait for the peer's.
  case closeSent
  /// Nothing more is read; what is queued goes out, then the socket is closed.
  case finishing
  /// The sending side is shut; input is discarded until the peer closes, since closing a socket
  /// with unread input would reset the connection and take our last words with it. A WebSocket's client
  /// shuts nothing: closing is the server's part (RFC 6455 §7.1.1).
  case lingering
  /// To be closed as soon as the event in hand is done with.
  case dead

  /// Whether a handler has it, and may send.
  var isOpen: Bool { self == .open || self == .stream }
  /// Whether what arrives is read as frames.
  var readsFrames: Bool { self == .open || self == .closeSent }
}

/// All that one connection costs while it is idle. Kept in a ``ConnectionTable``, plain memory.
struct ConnectionState {
  struct Flags: OptionSet {
    let rawValue: UInt16
    /// Reading stopped because too much output waits.
    static let backlogged = Flags(rawValue: 1)
    /// Reading stopped because the handler asked.
    static let held = Flags(rawValue: 2)
    /// At least one HTTP request was answered.
    static let keptAlive = Flags(rawValue: 4)
    /// Our sending side is shut.
    static let shut = Flags(rawValue: 8)
    /// The contexts are this connection's and not shared ones.
    static let ownsDeflater = Flags(rawValue: 16)
    static let ownsInflater = Flags(rawValue: 32)
    /// This end is the client.
    static let client = Flags(rawValue: 64)
    /// Too much output waits, on a client's connection: it is read all the same, or two ends that
    /// send much would wait for each other for ever.
    static let congested = Flags(rawValue: 128)
    /// Reading stopped until the route of an HTTP request has answered.
    static let awaitsAnswer = Flags(rawValue: 256)
    /// No WebSocket but a stream of bytes.
    static let stream = Flags(rawValue: 512)
    /// Reading stopped until it is decided whether an HTTP request may come in.
    static let awaitsAccess = Flags(rawValue: 1024)
    /// The loop comes back to it by itself: see `Turns.swift`.
    static let queued = Flags(rawValue: 2048)
    /// Reading stopped until others have had their turn.
    static let yielded = Flags(rawValue: 4096)

    /// Nothing is read.
    static let stopped: Flags = [.backlogged, .held, .awaitsAnswer, .awaitsAccess, .yielded]
    /// Nothing is read for the sake of whoever cannot follow.
    static let paused: Flags = [.backlogged, .held]
    /// Too much output waits.
    static let full: Flags = [.backlogged, .congested]
  }

  var frames = swl_receiver()
  /// Where this is a connection by TLS that has begun to speak it.
  var tls: OpaquePointer?
  /// Contexts that compress and decompress, when that was agreed on.
  var deflater: OpaquePointer?
  var inflater: OpaquePointer?
  var handler: Unmanaged<ConnectionHandler>?
  /// The message being received, or the HTTP request with its head, when it did not come whole in one read.
  var message: Buffer?
  /// Input that could not be used yet: a partial head or header, or what came while reading stopped.
  var stash: Buffer?
  var outputFirst: Buffer?
  var outputLast: Buffer?
  var outputBytes = 0
  /// How much of an HTTP request is still to come.
  var requestRemaining = 0
  var fd: Int32 = -1
  /// Raised each time the slot is freed, so that late events and references miss.
  var generation: UInt32 = 0
  let index: UInt32
  /// Whose place it takes.
  var origin = Origin.unknown
  /// Milliseconds of the loop's clock: the peer's last sign of life, the begin of the phase or of what it is about
  /// (a body, an open connection's message), the last ping.
  var lastActive: UInt32 = 0
  var phaseBegan: UInt32 = 0
  var lastPing: UInt32 = 0
  /// When the handler wants to be woken; 0 for not at all.
  var alarm: UInt32 = 0
  /// Events asked of epoll.
  var interest: UInt32 = 0
  /// Counts the HTTP requests that were answered.
  var exchange: UInt32 = 0
  var closeCode: UInt16 = 1006
  /// The number of the route that has it, or had it last.
  var route = ServiceTimes.noRoute
  var phase = Phase.free
  var flags: Flags = []

  init(index: UInt32) {
    self.index = index
  }

  /// Whether this is a client's connection that has not opened yet.
  var isConnecting: Bool {
    switch phase {
    case .connecting, .clientHandshake: true
    case .securing: flags.contains(.client)
    default: false
    }
  }
}

typealias Slot = UnsafeMutablePointer<ConnectionState>

/// Names a connection in an epoll event and in references from other threads.
struct Token: Equatable, Sendable {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }
  init(index: UInt32, generation: UInt32) {
    rawValue = UInt64(generation) << 32 | UInt64(index)
  }

  var index: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }
  var generation: UInt32 { UInt32(rawValue >> 32) }

  /// Indices no connection has.
  static func listener(_ number: Int) -> Token {
    Token(index: .max, generation: UInt32(number))
  }
  static let wakeup = Token(index: .max - 1, generation: 0)

  /// The number of the listener it names.
  var listener: Int? { UInt32(truncatingIfNeeded: rawValue) == .max ? Int(generation) : nil }
}

extension Slot {
  var token: Token { Token(index: pointee.index, generation: pointee.generation) }
}
