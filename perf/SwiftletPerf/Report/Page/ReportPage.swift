// SPDX-License-Identifier: Apache-2.0

/// Results as one page of HTML that needs nothing else: no script, no other host, no font of its own.
package struct ReportPage {
  /// Where a result comes from, and what it is.
  package typealias Source = (name: String, result: ResultFile)

  private let sections: [ReportSection]
  /// All runs of several results.
  private let comparison: [Figure]

  package init(_ sources: [Source]) {
    sections = sources.enumerated().map {
      ReportSection($1.result, name: sources.count > 1 ? $1.name : nil, id: "result-\($0 + 1)")
    }
    comparison =
      sources.count < 2
      ? []
      : ScenarioFigures(
        sources.flatMap { name, result in result.runs.map { ("\(name): \($0.name)", $0) } }
      ).overlays
  }

  private var title: String {
    var scenarios: [String] = []
    for section in sections where !scenarios.contains(section.scenario) {
      scenarios.append(section.scenario)
    }
    return scenarios.joined(separator: ", ")
  }

  package var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="swiftlet-perf">
    <title>\(escaped(title)) · swiftlet-perf</title>
    <style>
    \(ReportStyle.css)
    </style>
    </head>
    <body>
    <header class="top"><span class="brand">swiftlet-perf</span> report</header>
    <main>
    \(contents)\(overview)\(sections.map(\.html).joined())</main>
    </body>
    </html>

    """
  }

  private var contents: String {
    guard sections.count > 1 else { return "" }
    let links = sections.map {
      "<li><a href=\"#\($0.id)\">\(escaped($0.title))</a></li>\n"
    }
    return "<nav aria-label=\"Results\"><ul>\n\(links.joined())</ul></nav>\n"
  }

  private var overview: String {
    comparison.isEmpty
      ? ""
      : "<section><h2>All results</h2>\n\(HTML.figures(comparison))</section>\n"
  }

  /// Each plot as a document, with a name for its file.
  package var plots: [(name: String, svg: String)] {
    var names: Set<String> = []
    let named = comparison.map { ("all", $0) } + sections.flatMap(\.namedFigures)
    return named.map { prefix, figure in
      let stem = "\(prefix) \(figure.drawing.title)".asFileName
      var name = stem
      var number = 2
      while !names.insert(name).inserted {
        name = "\(stem)-\(number)"
        number += 1
      }
      return (name + ".svg", figure.file)
    }
  }
}

extension String {
  /// Lower case, digits and dashes only: what is written to a folder must stay in it.
  fileprivate var asFileName: String {
    var name = ""
    for character in lowercased().unicodeScalars {
      let isPlain = ("a"..."z").contains(character) || ("0"..."9").contains(character)
      if isPlain {
        name.unicodeScalars.append(character)
      } else if !name.isEmpty, !name.hasSuffix("-") {
        name += "-"
      }
    }
    // Well below what file systems take.
    let short = name.prefix(100)
    return String(short.hasSuffix("-") ? short.dropLast() : short)
  }
}
