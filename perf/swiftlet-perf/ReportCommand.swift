// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Draws results, as a page or as plots for documents.",
    discussion: """
      The page is one file that needs no other: it can be mailed, printed and read on a phone. Results are those \
      that --json of the other commands writes; several are drawn side by side.
      """)

  @Argument(help: "Result files.")
  var results: [String]

  @Option(name: .shortAndLong, help: "Write the page to this file.")
  var output: String?

  @Option(help: "Write each plot to a file in this folder, as SVG for light and for dark paper.")
  var svg: String?

  func validate() throws {
    guard output != nil || svg != nil else {
      throw ValidationError("Say where to: -o report.html, --svg FOLDER or both.")
    }
  }

  func run() throws {
    let page = ReportPage(
      try results.map { path in (Self.name(of: path), try Self.result(at: path)) })
    if let output { try write(page.html, to: output) }
    guard let svg else { return }
    guard mkdir(svg, 0o777) == 0 || errno == EEXIST else {
      report("Cannot make the folder \(svg): \(String(cString: strerror(errno))).\n")
      throw ExitCode(EX_CANTCREAT)
    }
    for plot in page.plots { try write(plot.svg, to: "\(svg)/\(plot.name)") }
  }

  /// The file's name without its folder and its ending.
  private static func name(of path: String) -> String {
    let name = path.split(separator: "/").last ?? Substring(path)
    return String(name.hasSuffix(".json") ? name.dropLast(5) : name)
  }

  private static func result(at path: String) throws -> ResultFile {
    do {
      return try ResultFile(json: try bytes(of: path))
    } catch let error as ResultError {
      report("\(path) cannot be read: \(error).\n")
      throw ExitCode(EX_DATAERR)
    }
  }

  private static func bytes(of path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let file = fopen(path, "r")
    defer { if let file { fclose(file) } }
    let isRead =
      file.map { file in
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
          let count = fread(&buffer, 1, buffer.count, file)
          guard count > 0 else { return ferror(file) == 0 }
          bytes += buffer[..<count]
        }
      } ?? false
    guard isRead else {
      report("Cannot read \(path): \(String(cString: strerror(errno))).\n")
      throw ExitCode(EX_NOINPUT)
    }
    return bytes
  }
}
