// SPDX-License-Identifier: Apache-2.0
// An echo server on SwiftNIO's NIOWebSocket, one event loop: nio-echo PORT

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Sends frames back as they come, and all that one read brought in one write.
final class Echo: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .text, .binary, .continuation:
      reply(context, frame.opcode, frame.unmaskedData, isLast: frame.fin)
    case .ping: reply(context, .pong, frame.unmaskedData, isLast: true)
    case .connectionClose:
      reply(context, .connectionClose, frame.unmaskedData, isLast: true)
      context.close(promise: nil)
    default: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func reply(
    _ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer, isLast: Bool
  ) {
    context.write(
      wrapOutboundOut(WebSocketFrame(fin: isLast, opcode: opcode, data: data)), promise: nil)
  }
}

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let bootstrap = ServerBootstrap(group: group)
  .serverChannelOption(.backlog, value: 1024)
  .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
  .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
  .childChannelInitializer { channel in
    let upgrader = NIOWebSocketServerUpgrader(
      maxFrameSize: 16 << 20,
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Echo())
        }
      })
    return channel.pipeline.configureHTTPServerPipeline(
      withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
  }

let port = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 0 : 0
let channel = try bootstrap.bind(host: "127.0.0.1", port: port).wait()
print("listening on ws://127.0.0.1:\(channel.localAddress!.port!)/echo")
fflush(nil)
try channel.closeFuture.wait()
