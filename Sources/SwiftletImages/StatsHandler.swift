// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// One `/stats` connection: a binary message is an image, the reply its statistics.
final class StatsHandler: MessageHandler {
  private let options: StatsOptions
  private let recorder: Recorder

  init(_ options: StatsOptions, _ recorder: Recorder) {
    self.options = options
    self.recorder = recorder
  }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    guard kind == .binary else {
      return fail("an image is sent as a binary message", connection)
    }
    guard let layout = options.layout(ofMessage: message.byteCount) else {
      return fail(options.complaint(aboutMessage: message.byteCount), connection)
    }
    switch options.mode {
    case .wait: answer(message, layout, connection)
    case .ack: acknowledge(message, layout, connection)
    }
  }

  private func answer(
    _ message: RawSpan, _ layout: ImageLayout, _ connection: borrowing Connection
  ) {
    let statistics: ImageStatistics
    do throws(CoreError) {
      statistics = try .compute(of: message, layout: layout, method: options.method)
    } catch {
      return fail("\(error)", connection)
    }
    recorder.computed.add(bytes: message.byteCount)
    let bytes = message.byteCount
    reply(connection, capacity: ByteWriter.replyCapacity) { writer in
      switch options.reply {
      case .text: writer.textReply(bytes: bytes, statistics, options)
      case .json: writer.jsonReply(bytes: bytes, statistics, options)
      case .msgpack: writer.messagePackReply(bytes: bytes, statistics, options)
      }
    }
  }

  private func acknowledge(
    _ message: RawSpan, _ layout: ImageLayout, _ connection: borrowing Connection
  ) {
    let bytes = message.byteCount
    let id = recorder.submit(
      connection.keep(message), layout: layout, options: options, from: connection)
    reply(connection, capacity: ByteWriter.replyCapacity) { writer in
      writer.acknowledgement(bytes: bytes, id: id, options.reply)
    }
  }

  private func fail(_ sentence: String, _ connection: borrowing Connection) {
    reply(connection, capacity: ByteWriter.errorCapacity(sentence)) { writer in
      writer.error(sentence, options.reply)
    }
  }

  private func reply(
    _ connection: borrowing Connection, capacity: Int, _ write: (inout ByteWriter) -> Void
  ) {
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { buffer in
      var writer = ByteWriter(buffer)
      write(&writer)
      connection.send(writer.written.bytes, kind: options.reply == .msgpack ? .binary : .text)
    }
  }
}
