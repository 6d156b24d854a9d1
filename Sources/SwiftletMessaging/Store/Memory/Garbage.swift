// SPDX-License-Identifier: Apache-2.0

/// Messages that are in no queue any more, in the nodes in which they expired or were deleted
/// together. Their memory is given back little by little, so that no operation pays for millions.
final class Garbage {
  private var nodes: [TreeNode] = []

  func add(_ node: TreeNode) { nodes.append(node) }

  /// Gives back the memory of a node: of 64 messages, or of what points to 64 nodes.
  func collect() {
    guard var node = nodes.popLast() else { return }
    node.dissolve(into: self)
  }

  deinit { while !nodes.isEmpty { collect() } }
}
