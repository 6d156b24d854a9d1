// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  /// Whether the store answers. Strangers may ask, so why it does not is only logged.
  func checkHealth(_ exchange: Exchange) {
    store.listQueues(project: "", after: nil, limit: 1) { [self] result in
      switch result {
      case .success: exchange.answer(Answer(200, ["storage_reachable": true]))
      case .failure(let error):
        note(error)
        exchange.answer(Answer(503, ["storage_reachable": false]))
      }
    }
  }
}
