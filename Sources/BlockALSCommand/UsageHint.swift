/// What to say to words that the command does not know, but somebody from elsewhere does.
enum UsageHint {
  /// What other programs call our options.
  private static let names: [(ours: String, theirs: [String])] = [
    ("--rank", ["--factors", "--num-factors", "--n-factors", "--dimensions", "--dim", "--k"]),
    (
      "--regularization",
      ["--lambda", "--reg", "--reg-param", "--regParam", "--lambda-p", "--lambda-q", "--reg-all"]
    ),
    ("--workers", ["--threads", "--num-threads", "--n-jobs", "--jobs", "--nproc", "--cores"]),
    (
      "--iterations",
      ["--iter", "--iters", "--max-iter", "--maxIter", "--n-iter", "--epochs", "--n-epochs"]
    ),
    ("--learning-rate", ["--lr", "--lr-all", "--eta", "--step-size"]),
    ("--feedback implicit", ["--implicit", "--implicit-prefs", "--implicitPrefs"]),
    ("--unobserved-weight", ["--alpha0", "--unobserved"]),
    ("--top", ["--topk", "--top-k", "--num", "--n"]),
    ("--not-among", ["--deny", "--filter-items", "--exclude-items"]),
    ("--nonnegative", ["--non-negative", "--nmf"]),
    ("--seed", ["--random-state"]),
  ]

  /// A hint for what is wrong with a command line; empty where there is none.
  ///
  /// - Parameters:
  ///   - message: What is wrong.
  ///   - arguments: The command line, without the program's name.
  ///   - help: The help of a subcommand, or of the command.
  static func hint(
    for message: String, _ arguments: [String], subcommands: [String], help: String
  ) -> String {
    if let first = arguments.first, !first.hasPrefix("-"), !subcommands.contains(first) {
      return "'\(first)' is no subcommand; " + suggestion(first, among: subcommands)
    }
    if let option = message.firstMatch(of: /Unknown option '(-[^']+)'/)?.1 {
      return self.hint(forOption: String(option), help)
    }
    if let option = message.firstMatch(of: /Missing value for '(--[a-z0-9-]+)/)?.1,
      let place = arguments.firstIndex(of: String(option)), place + 1 < arguments.count
    {
      return
        "a value that begins with '-' is written \(option)=\(arguments[place + 1])"
    }
    return ""
  }

  private static func hint(forOption option: String, _ help: String) -> String {
    let known = Set(help.matches(of: /--[a-z][a-z0-9-]*/).map { String($0.output) })
    if let ours = names.first(where: { $0.theirs.contains(option) })?.ours,
      known.contains(String(ours.prefix { $0 != " " }))
    {
      return "here it is \(ours)"
    }
    // Sorted, so that the hint does not depend on chance.
    let options = known.sorted()
    let longer = options.filter { $0.hasPrefix(option) }
    return suggestion(option, among: longer.isEmpty ? options : longer)
  }

  /// The nearest word, or where to find all.
  private static func suggestion(_ word: String, among words: [String]) -> String {
    let nearest = words.min { distance(word, $0) < distance(word, $1) }
    guard let nearest, nearest.hasPrefix(word) || distance(word, nearest) <= 2 else {
      return word.hasPrefix("-") ? "" : "blockals --help lists them"
    }
    return "did you mean \(nearest)?"
  }

  /// How many letters have to be put in, taken out or replaced (Levenshtein 1966).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (number, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = number + 1
      for place in right.indices {
        let replaced = diagonal + (letter == right[place] ? 0 : 1)
        diagonal = row[place + 1]
        row[place + 1] = min(replaced, diagonal + 1, row[place] + 1)
      }
    }
    return row[right.count]
  }
}
