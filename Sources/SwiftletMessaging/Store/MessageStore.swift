// SPDX-License-Identifier: Apache-2.0

/// Keeps queues, messages, claims and subscriptions.
///
/// Every operation is atomic and is answered by its completion, which runs on any thread, perhaps before
/// the call returns. Completions of calls made one after the other by one thread run in that order, so
/// that a connection's answers keep theirs. A store that cannot answer gives a ``StoreError``.
///
/// The ids of a queue's messages ascend in the order in which they came, also when the queue is deleted
/// and made anew.
///
/// Everything is of its project and queue: an id counts only there. An expired message, claim or
/// subscription is not there any more, whether or not its memory has been taken back. Bounds (limits,
/// ttl, names, sizes) have been checked by the caller.
public protocol MessageStore: Sendable {
  typealias Completion<Answer> = @Sendable (Result<Answer, StoreError>) -> Void

  /// Told of every post that is in the store, in the order of the posts to each queue: from within the
  /// store, before the post's own completion, so it must only pass the news on. Set once, before the
  /// first operation.
  func observePosts(_ observer: @escaping @Sendable (QueueKey, [StoredMessage]) -> Void)

  /// Ends the store when what was asked for before is done.
  func close() async

  // MARK: Queues

  /// Makes a queue with `metadata` (a map in MessagePack) and the limits that follow from it, unless
  /// there is one: that is left as it is. Answers whether it was made.
  func createQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>)
  /// Replaces the metadata of a queue. Answers false when there is no such queue.
  func updateQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>)
  /// The metadata; nil when there is no such queue.
  func metadata(of queue: QueueKey, _ done: @escaping Completion<[UInt8]?>)
  /// The queues of a project by name, compared as text, those after `marker`.
  func listQueues(
    project: String, after marker: String?, limit: Int,
    _ done: @escaping Completion<[(name: String, metadata: [UInt8])]>)
  /// Removes a queue with its messages and claims; subscriptions stay.
  func deleteQueue(_ queue: QueueKey, _ done: @escaping Completion<Void>)
  /// nil when there is no such queue.
  func statistics(of queue: QueueKey, _ done: @escaping Completion<QueueStatistics?>)
  /// Removes free messages (claimed ones stay), subscriptions, or both.
  func purge(
    _ queue: QueueKey, messages: Bool, subscriptions: Bool, _ done: @escaping Completion<Void>)

  // MARK: Messages

  /// What a queue allows; makes the queue when there is none.
  func limits(of queue: QueueKey, _ done: @escaping Completion<QueueLimits>)
  /// Adds messages, all or none, behind those that are there; makes the queue when there is none.
  /// `size` is that of the post, held against the queue's own bound.
  func post(
    _ messages: [NewMessage], to queue: QueueKey, client: Identifier, size: Int,
    _ done: @escaping Completion<PostAnswer>)
  /// Messages in order, from behind `marker`: one that is gone still marks its place, one never seen
  /// marks the start. nil when there is no such queue.
  func listMessages(
    of queue: QueueKey, _ query: MessageQuery, _ done: @escaping Completion<[StoredMessage]?>)
  /// The messages with these ids in the order asked, without those that are not there. nil when there
  /// is no such queue.
  func messages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<[StoredMessage]?>)
  /// Deletes a message if its claim, or its having none, is as `claim` says.
  func deleteMessage(
    _ id: Identifier, of queue: QueueKey, claim: DeleteClaim,
    _ done: @escaping Completion<DeleteAnswer>)
  /// Deletes messages whatever holds them; unknown ids are passed over.
  func deleteMessages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<Void>)
  /// Takes the oldest free messages out of the queue.
  func pop(_ limit: Int, from queue: QueueKey, _ done: @escaping Completion<[StoredMessage]>)

  // MARK: Claims

  /// Claims the oldest free messages. A message that would expire before the claim's end lives until
  /// that and `grace` seconds more; a grace below 0 counts as 0.
  ///
  /// One that has been claimed as often as the queue allows goes to the dead letters instead, which are
  /// made when there are none: free, behind the others, with an id of that queue and no claims
  /// counted; when it was posted stays.
  func createClaim(
    of queue: QueueKey, ttl: Int64, grace: Int64, limit: Int,
    _ done: @escaping Completion<ClaimAnswer>)
  func claim(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredClaim?>)
  /// Begins the claim's life anew. Answers false when there is none.
  func updateClaim(
    _ id: Identifier, of queue: QueueKey, ttl: Int64, grace: Int64,
    _ done: @escaping Completion<Bool>)
  /// Frees the messages.
  func deleteClaim(_ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>)

  // MARK: Subscriptions

  /// Adds a subscription and makes the queue when there is none. nil when this subscriber has one.
  func createSubscription(
    of queue: QueueKey, subscriber: String, ttl: Int64, options: [UInt8],
    _ done: @escaping Completion<Identifier?>)
  /// Changes what is given; with a ttl its life begins anew. Answers false when there is none.
  func updateSubscription(
    _ id: Identifier, of queue: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?,
    _ done: @escaping Completion<Bool>)
  func subscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredSubscription?>)
  /// The subscriptions of a queue by id, those after `marker`; without a limit all.
  func listSubscriptions(
    of queue: QueueKey, after marker: Identifier?, limit: Int?,
    _ done: @escaping Completion<[StoredSubscription]>)
  func deleteSubscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>)
  /// The queues that have a subscription whose subscriber begins with `prefix`, each once, in any
  /// order. They need not be there any more themselves.
  func queues(
    subscriberPrefix prefix: String, _ done: @escaping Completion<[QueueKey]>)
  /// Removes all subscriptions whose subscriber begins with `prefix`: those of a connection that
  /// ended, or of a server that did.
  func deleteSubscriptions(subscriberPrefix prefix: String, _ done: @escaping Completion<Void>)
}

/// Why a store did not answer.
public struct StoreError: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// A queue's metadata with what the store itself heeds of it (reserved keys).
public struct QueueMetadata: Sendable, Hashable {
  /// The whole map in MessagePack.
  public var packed: [UInt8]
  public var defaultTTL: Int64?
  public var maxPostSize: Int?
  public var deadLetters: DeadLetters?

  public struct DeadLetters: Sendable, Hashable {
    /// Claims after which a message goes there at the next one.
    public var maxClaimCount: Int
    public var queue: String
    /// Seconds it lives there; nil keeps what it has left.
    public var ttl: Int64?
  }

  /// None at all: an empty map.
  public static let none = QueueMetadata(packed: [0x80])
}

public enum PostAnswer: Sendable, Hashable {
  case posted([Identifier])
  /// The post is larger than the queue's own bound; the queue is there all the same.
  case tooLarge(bound: Int)
}

public struct MessageQuery: Sendable, Hashable {
  public var marker: Identifier?
  public var limit: Int
  /// Leaves out what this client posted.
  public var notFrom: Identifier?
  public var includesClaimed: Bool

  public init(
    marker: Identifier? = nil, limit: Int, notFrom: Identifier? = nil, includesClaimed: Bool = false
  ) {
    self.marker = marker
    self.limit = limit
    self.notFrom = notFrom
    self.includesClaimed = includesClaimed
  }
}

/// What a delete says of the message's claim.
public enum DeleteClaim: Sendable, Hashable {
  case none
  case claim(Identifier)
  /// Text that is no claim's id.
  case malformed
}

public enum DeleteAnswer: Sendable, Hashable {
  /// Deleted, or was not there.
  case done
  case isClaimed
  case isClaimedByAnother
  /// The claim given does not exist, or is over.
  case noSuchClaim
  case isNotClaimed
}

public struct ClaimAnswer: Sendable, Hashable {
  /// nil when all there was went to the dead letters.
  public var id: Identifier?
  /// Empty when there was nothing to claim; an id then names nothing.
  public var messages: [StoredMessage]
}
