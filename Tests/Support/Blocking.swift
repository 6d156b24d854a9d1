// SPDX-License-Identifier: Apache-2.0

public import Testing

/// Runs tests on threads that may block, so that they may wait for a server in simple ways, and that no other
/// test keeps from running.
public struct Blocking: TestTrait, SuiteTrait, TestScoping {
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(BlockingExecutor.shared, operation: body)
  }
}

extension Trait where Self == Blocking {
  public static var blocking: Blocking { Blocking() }
}
