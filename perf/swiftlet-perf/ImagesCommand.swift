// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletCore
import SwiftletPerf

struct ImagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract:
      "Sends images to a statistics server, on long and short connections, one by one and many at once.",
    discussion: """
      Runs the grid {long, short} connections x {serial, parallel} x {wait, ack}, or a part of it. A short \
      connection is opened and closed for each image; a long one stays open for all. With wait the server \
      computes and then replies, with ack it replies first. shape=, format=, mode= and reply=text are added to \
      the URL's query. Every reply is compared with the C core's own result for that image, or with the image's \
      size; one that is wrong makes the exit status 1. The images are noise and gradients in turn, \
      \(ImageSet.made) different ones, or those of a folder; they are sent anew from the first until --count is \
      reached.
      """)

  @Option(help: "The server, as ws://HOST:PORT/PATH or wss://.")
  var url: String

  @Option(help: "Images sent in each cell of the grid.")
  var count = 1000

  @Option(help: "Rows and columns of an image.")
  var shape = ImageShape(rows: 600, columns: 800)

  @Option(
    help: "Send the .pgm (P5, 8 bit) and .raw (pixels alone, see --shape) files of this folder.")
  var folder: String?

  @Option(help: "How long a connection lives: long, short or both.")
  var connections = CommaList(ExchangePlan.Life.allCases)

  @Option(help: "How many images are under way: serial, parallel or both.")
  var order = CommaList(ImageGrid.Order.allCases)

  @Option(help: "Connections at a time in parallel.")
  var parallel = 8

  @Option(help: "When the server replies: wait, ack or both.")
  var mode = CommaList(ImageGrid.Mode.allCases)

  @Option(help: "The longest to wait for a reply.")
  var patience = TimeSpan(duration: .seconds(10))

  @OptionGroup
  var trust: TrustOptions

  @OptionGroup
  var messageLog: MessageLogOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard count > 0, parallel > 0 else {
      throw ValidationError("--count and --parallel must be above 0.")
    }
  }

  func run() async throws {
    var result = results.begin("images")
    let grid = ImageGrid(
      url: url, images: try images(), count: count, lives: connections.elements,
      orders: order.elements, modes: mode.elements, width: parallel, patience: patience.duration,
      trust: trust.chosen)
    var table = GridTable()
    for cell in grid.cells {
      let outcome = try await results.watched { try await grid.run(cell, $0) }
      table.add(cell, outcome)
      result.runs.append(
        Run(cell.name, outcome, pattern: "images", format: .binary, size: grid.images.size))
    }
    print(table.text, terminator: "")
    print("seed \(results.seed)")
    printFaults(of: result.runs)
    try messageLog.write(result.runs)
    try results.finish(result)
  }

  private func images() throws -> ImageSet {
    guard let folder else {
      return try ImageSet(
        rows: shape.rows, columns: shape.columns, count: count, seed: results.seed)
    }
    do {
      return try ImageSet(folder: folder, rows: shape.rows, columns: shape.columns)
    } catch let error as ImageFileError {
      throw ValidationError("\(error).")
    }
  }
}

/// As `/stats` takes it: ROWSxCOLUMNS.
struct ImageShape: ExpressibleByArgument, CustomStringConvertible {
  var rows: Int
  var columns: Int

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let rows = sides[0], let columns = sides[1],
      (1...65_536).contains(rows), (1...65_536).contains(columns)
    else { return nil }
    self.init(rows: rows, columns: columns)
  }

  var description: String { "\(rows)x\(columns)" }
}

extension ExchangePlan.Life: ExpressibleByArgument {}
extension ImageGrid.Order: ExpressibleByArgument {}
extension ImageGrid.Mode: ExpressibleByArgument {}
