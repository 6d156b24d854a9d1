// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

extension ConnectionReference {
  /// What `body` finds out on the connection's loop; the connection must be open.
  @discardableResult
  public func ask<Answer: Sendable>(
    _ body: @escaping @Sendable (borrowing Connection) -> Answer
  ) throws -> Answer {
    let answers = EventLog<Answer?>()
    perform {
      answers.add(body($0))
    } otherwise: {
      answers.add(nil)
    }
    guard let answer = try answers.wait()[0] else { throw PeerError.ended }
    return answer
  }
}
