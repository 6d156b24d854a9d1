// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import SwiftletMessaging

/// A store with one queue, whose calls return their answers.
final class Bench {
  private(set) var store: any MessageStore
  private let makeStore: () -> any MessageStore
  let queue = QueueKey(project: "project", name: "queue")
  let client = Identifier(high: 1, low: 1)
  static let bodySize = 100

  init(_ makeStore: @escaping () -> any MessageStore) {
    self.makeStore = makeStore
    store = makeStore()
  }

  /// Lets go of all and begins anew.
  func reset() {
    close()
    store = makeStore()
  }

  func close() {
    let closed = DispatchSemaphore(value: 0)
    Task { [store] in
      await store.close()
      closed.signal()
    }
    closed.wait()
  }

  @discardableResult
  func post(_ count: Int = 1, to queue: QueueKey? = nil) -> [Identifier] {
    let message = NewMessage(ttl: nil, body: [UInt8](repeating: 0xc0, count: Self.bodySize))
    let messages = Array(repeating: message, count: count)
    let answer = answer {
      store.post(messages, to: queue ?? self.queue, client: client, size: 1, $0)
    }
    guard case .posted(let ids) = answer else { fatalError("a queue without bound refused") }
    return ids
  }

  func list(_ query: MessageQuery, expecting count: Int) {
    let page = answer { store.listMessages(of: queue, query, $0) }
    precondition(page?.count == count)
  }

  func get(_ id: Identifier) {
    precondition(answer { store.messages([id], of: queue, $0) }?.count == 1)
  }

  func delete(_ id: Identifier) {
    precondition(answer { store.deleteMessage(id, of: queue, claim: .none, $0) } == .done)
  }

  @discardableResult
  func claim(_ limit: Int) -> Identifier? {
    let answer = answer {
      store.createClaim(of: queue, ttl: 43200, grace: 60, limit: limit, $0)
    }
    precondition(answer.messages.count == limit)
    return answer.id
  }

  func release(_ claim: Identifier) { answer { store.deleteClaim(claim, of: queue, $0) } }

  func pop(_ limit: Int) {
    precondition(answer { store.pop(limit, from: queue, $0) }.count == limit)
  }

  func statistics() { _ = answer { store.statistics(of: queue, $0) } }

  func deleteQueue() { answer { store.deleteQueue(queue, $0) } }

  private func answer<Answer>(
    _ call: (@escaping @Sendable (Result<Answer, StoreError>) -> Void) -> Void
  ) -> Answer {
    nonisolated(unsafe) var answer: Answer?
    let answered = DispatchSemaphore(value: 0)
    call {
      if case .success(let value) = $0 { answer = value }
      answered.signal()
    }
    answered.wait()
    return answer!
  }
}

/// CPU time of this process: what else the machine does is no part of it.
func nanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Bytes of memory that this process has.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
  let pages = line.prefix { $0 != 0 }.split(separator: CChar(UInt8(ascii: " ")))
  let resident = String(decoding: pages[1].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return (Int(resident) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
}
