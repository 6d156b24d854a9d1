// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore
package import SwiftletServer

/// Which part of the grid {long, short} x {serial, parallel} x {wait, ack} is run.
package struct ImageGrid: Sendable {
  package enum Order: String, Sendable, CaseIterable {
    /// One image at a time.
    case serial
    /// Several connections at a time.
    case parallel
  }

  package enum Mode: String, Sendable, CaseIterable {
    /// The server computes, then replies.
    case wait
    /// The server replies, then computes.
    case ack
  }

  package var url: String
  package var trust: TLSTrust
  package var images: ImageSet
  package var count: Int
  package var lives: [ExchangePlan.Life]
  package var orders: [Order]
  package var modes: [Mode]
  /// Connections at a time in parallel.
  package var width: Int
  package var patience: Duration

  package init(
    url: String, images: ImageSet, count: Int, lives: [ExchangePlan.Life], orders: [Order],
    modes: [Mode], width: Int, patience: Duration, trust: TLSTrust = .system
  ) {
    self.url = url
    self.trust = trust
    self.images = images
    self.count = count
    self.lives = lives
    self.orders = orders
    self.modes = modes
    self.width = width
    self.patience = patience
  }

  package struct Cell: Sendable {
    package var life: ExchangePlan.Life
    package var order: Order
    package var mode: Mode

    package var name: String { "\(life), \(order), \(mode)" }
  }

  package var cells: [Cell] {
    modes.flatMap { mode in
      lives.flatMap { life in orders.map { Cell(life: life, order: $0, mode: mode) } }
    }
  }

  /// Sends all images in the manner of one cell.
  package func run(
    _ cell: Cell, _ watch: (LoadProgress) -> Void = { _ in }
  ) async throws -> ExchangeOutcome {
    let plan = ExchangePlan(
      url: url(cell.mode), life: cell.life, connections: cell.order == .serial ? 1 : width,
      amount: .messages(count), patience: patience, keepsMessages: true, trust: trust)
    return try await plan.run(ImageExchanges(images: images, mode: cell.mode), watch)
  }

  /// With the parameters that tell the server what comes, and how it is to answer.
  private func url(_ mode: Mode) -> String {
    var parameters = "format=u8&mode=\(mode)&reply=text"
    if let shape = images.shape { parameters = "shape=\(shape)&\(parameters)" }
    return url + (url.contains("?") ? "&" : "?") + parameters
  }
}

private struct ImageExchanges: Exchanges {
  let images: ImageSet
  let mode: ImageGrid.Mode

  func with(_ number: Int, _ body: (RawSpan, MessageKind) -> Void) {
    body(images[number].pixels.buffer.bytes, .binary)
  }

  func isRight(_ reply: RawSpan, _ kind: MessageKind, to number: Int) -> Bool {
    let image = images[number]
    let size = image.pixels.count
    guard kind == .text, reply.byteCount <= 200,
      let line = StatsLine(reply.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    else { return false }
    return switch mode {
    case .wait: line.agrees(with: image.statistics, bytes: size)
    case .ack: line.acknowledges(size)
    }
  }
}
