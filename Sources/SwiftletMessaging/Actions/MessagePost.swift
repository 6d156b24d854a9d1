// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  func postMessages(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    // Where the queue is there already this cannot fail: it would not have been made.
    let queue = try request.queueToMake()
    let messages = request.array("messages") ?? []
    let size = JSON.byteCount(of: .array(messages))
    do throws(Answer) {
      guard size <= settings.maxMessagesPostSize else { throw postTooLarge(queueBound: nil) }
      let new = try newMessages(messages)
      let client = try self.client(of: request)
      guard !new.isEmpty else { throw .invalid("No messages to enqueu.") }
      for message in new { if let ttl = message.ttl { try settings.check(messageTTL: ttl) } }
      store.post(new, to: queue, client: client, size: size) { [self] in
        exchange.answer($0) { answer in
          switch answer {
          case .posted(let ids):
            Answer(201, ["message_ids": .array(ids.map { .string($0.description) })])
          case .tooLarge(let bound): postTooLarge(queueBound: bound)
          }
        }
      }
    } catch {
      refusePost(exchange, to: queue, size: size, error)
    }
  }

  private func newMessages(_ values: [Value]) throws(Answer) -> [NewMessage] {
    var messages: [NewMessage] = []
    messages.reserveCapacity(values.count)
    for value in values {
      guard case .map(let map) = value else {
        throw .invalid("Bad request. A message must be a map.")
      }
      var ttl: Int64?
      switch map["ttl"] {
      case nil: break
      case .bool(let bool)?: ttl = bool ? 1 : 0
      case let value?:
        ttl = value.integer
        if ttl == nil {
          throw .invalid(#"Bad request. The value of the "ttl" field must be a int."#)
        }
      }
      guard let body = map["body"] else {
        throw .invalid(#"Bad request. Missing "body" field."#)
      }
      let packed = WireFormat.messagePack.encode(body)
      messages.append(NewMessage(ttl: ttl, body: packed))
    }
    return messages
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
    let text = request.header("Client-ID")
    switch settings.clientID {
    case .uuid:
      guard let id = Identifier(client: text) else {
        throw .invalid("badly formed hexadecimal UUID string")
      }
      return id
    case .text:
      guard 10...36 ~= text.unicodeScalars.count else {
        throw .invalid("Length of client id must be at least 10 and no greater than 36.")
      }
      return Identifier(client: text) ?? Identifier(hashOf: text)
    }
  }
}
