// SPDX-License-Identifier: Apache-2.0

import Dispatch
import SwiftletServer
import Testing

@testable import SwiftletMessaging

/// What a test of actions is about only in part: it must hold with any.
struct Surroundings: Sendable {
  var store = StoreKind.memory
  /// Of requests that the test sends without a format of its own.
  var format = WireFormat.json

  @TaskLocal static var current = Surroundings()
}

/// Runs each test on every kind of store and in both encodings.
struct EverywhereTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    for store in StoreKind.all {
      for format in WireFormat.allCases {
        let surroundings = Surroundings(store: store, format: format)
        try await Surroundings.$current.withValue(surroundings) { try await function() }
      }
    }
  }
}

extension Trait where Self == EverywhereTrait {
  static var everywhere: Self { Self() }
}

/// Answers every call before it returns, for tests that go step by step.
final class PromptStore: StoreAround, @unchecked Sendable {
  override func pass<Answer: Sendable>(
    _ done: @escaping Completion<Answer>, _ call: (@escaping Completion<Answer>) -> Void
  ) {
    let answered = DispatchSemaphore(value: 0)
    let answer = Locked<Result<Answer, StoreError>?>(nil)
    call { result in
      answer.withLock { $0 = result }
      answered.signal()
    }
    answered.wait()
    if let result = answer.withLock({ $0 }) { done(result) }
  }
}
