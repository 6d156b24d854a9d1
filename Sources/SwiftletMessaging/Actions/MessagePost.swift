// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  func postMessages(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    // Where the queue is there already this cannot fail: it would not have been made.
    let queue = try request.queueToMake()
    let size = request.body.read("messages") { JSON.byteCount(ofNext: &$0) } ?? 0
    do throws(Answer) {
      guard size <= settings.maxMessagesPostSize else { throw postTooLarge(queueBound: nil) }
      let new = try newMessages(of: request)
      let client = try self.client(of: request)
      guard !new.isEmpty else { throw .invalid("No messages to enqueu.") }
      for message in new { if let ttl = message.ttl { try settings.check(messageTTL: ttl) } }
      store.post(new, to: queue, client: client, size: size) { [self] in
        exchange.answer($0) { answer in
          switch answer {
          case .posted(let ids):
            Answer(201, .packed(posted(ids)))
          case .tooLarge(let bound): postTooLarge(queueBound: bound)
          }
        }
      }
    } catch {
      refusePost(exchange, to: queue, size: size, error)
    }
  }

  private func newMessages(of request: Request) throws(Answer) -> [NewMessage] {
    let result = request.body.read("messages") { reader -> Result<[NewMessage], Answer> in
      guard case .array(let count) = reader.nextOfValid() else { return .success([]) }
      var messages: [NewMessage] = []
      messages.reserveCapacity(count)
      for _ in 0..<count {
        do throws(Answer) {
          messages.append(try NewMessage(nextOf: &reader))
        } catch {
          return .failure(error)
        }
      }
      return .success(messages)
    }
    return try result?.get() ?? []
  }

  /// Answers a post that failed a check: the queue is made all the same, and its own bound on the size
  /// comes before all else.
  private func refusePost(
    _ exchange: Exchange, to queue: QueueKey, size: Int, _ failure: Answer
  ) {
    store.limits(of: queue) { [self] in
      exchange.answer($0) { limits in
        if let bound = limits.maxPostSize, size > bound {
          return postTooLarge(queueBound: bound)
        }
        return failure
      }
    }
  }

  private func postTooLarge(queueBound: Int?) -> Answer {
    let max = settings.maxMessagesPostSize
    guard let queueBound else {
      return .invalid("Message collection size is too large. Max size \(max)")
    }
    return .invalid(
      "Message collection size is too large. The max size for current queue is "
        + "\(min(max, queueBound)). It is calculated by max size = "
        + "min(max_messages_post_size_config: \(max), max_messages_post_size_queue: \(queueBound))."
    )
  }

  /// Who posts or lists.
  func client(of request: Request) throws(Answer) -> Identifier {
    switch settings.clientID {
    case .uuid:
      guard let id = request.headers.text("Client-ID", { Identifier(client: $0) }) ?? nil else {
        throw .invalid("badly formed hexadecimal UUID string")
      }
      return id
    case .text:
      guard 10...36 ~= request.header("Client-ID").unicodeScalars.count else {
        throw .invalid("Length of client id must be at least 10 and no greater than 36.")
      }
      return request.headers.text("Client-ID") {
        Identifier(client: $0) ?? Identifier(hashOf: $0)
      }!
    }
  }
}

/// The body of the answer to a post.
private func posted(_ ids: [Identifier]) -> [UInt8] {
  var sink = ByteSink(capacity: 32 + 40 * ids.count)
  sink.pack(mapOf: 1)
  sink.pack(.string("message_ids"))
  sink.pack(arrayOf: ids.count)
  for id in ids { sink.pack(.string(id.description)) }
  return sink.withBytes([UInt8].init)
}

extension NewMessage {
  /// Reads an element of a post's messages.
  fileprivate init(nextOf reader: inout MessagePackReader) throws(Answer) {
    guard case .map(let count) = reader.nextOfValid() else {
      throw .invalid("Bad request. A message must be a map.")
    }
    var ttl: MessagePackReader.Token?
    var body: [UInt8]?
    for _ in 0..<count {
      guard case .string(let key) = reader.nextOfValid() else {
        reader.skipValid()
        continue
      }
      if key.hasSameBytes(as: "body") {
        body = reader.packedOfValid()
      } else if key.hasSameBytes(as: "ttl") {
        let token = reader.nextOfValid()
        reader.skipChildren(of: token)
        ttl = token
      } else {
        reader.skipValid()
      }
    }
    switch ttl {
    case nil: self.ttl = nil
    case .int(let seconds): self.ttl = seconds
    case .uint: self.ttl = .max
    case .bool(let bool): self.ttl = bool ? 1 : 0
    default: throw .invalid(#"Bad request. The value of the "ttl" field must be a int."#)
    }
    guard let body else { throw .invalid(#"Bad request. Missing "body" field."#) }
    self.body = body
  }
}
