import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking

extension ExportFormat: ExpressibleByArgument {}

/// `blockals export`: factors for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a model's factors for other programs.",
    discussion: """
      The directory appears complete or not at all; one that is there already has to hold the \
      same, as after a run that was killed at its end. It holds the factors of both sides, their \
      ids (users.ids.txt and items.ids.txt, a line for each row, with \\t, \\n, \\r and \\\\ for a \
      tabulator, line feed, carriage return and backslash), and export.json, which says what it is.

        npy          users.npy, items.npy: rows × rank, 32-bit floats; NumPy's own format
        csv          users.csv, items.csv: id, factors; floats read back as the same 32-bit float
        jsonl        users.jsonl, items.jsonl: {"id":…,"factors":[…]}; ids have to be UTF-8
        safetensors  users.safetensors, items.safetensors: the tensor 'factors'
        libmf        model.txt: LIBMF's text model; biases become two more factors

      Biases stand beside the factors. For an index of nearest neighbours take vectors that need \
      none: --inner-product makes the inner product of a user and an item the score (biases become \
      two more numbers), --unit-length that of two items their cosine.

      Examples:
        blockals export model --format npy -o factors
        blockals export model --format npy --inner-product -o vectors
        python3 -c 'import numpy; print(numpy.load("factors/users.npy").shape)'
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Option(
    help: "The form: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ExportFormat

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The directory to make. (default: MODEL.FORMAT)", valueName: "dir"))
  var output: String?

  @Flag(help: "Export vectors whose inner product is the score, biases included.")
  var innerProduct = false

  @Flag(help: "Export factors without biases, each row at length 1.")
  var unitLength = false

  @Flag(help: "In CSV, put ' before ids that a spreadsheet would take for a formula.")
  var spreadsheetSafe = false

  @OptionGroup var damage: DamageOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard !spreadsheetSafe || format == .csv else {
      throw ValidationError("--spreadsheet-safe goes with --format csv.")
    }
    guard !(innerProduct && unitLength) else {
      throw ValidationError("Give either --inner-product or --unit-length.")
    }
    guard format != .libmf || !(innerProduct || unitLength) else {
      throw ValidationError("--format libmf has one kind of vector, whose product is the score.")
    }
  }

  private var vectors: ExportVectors {
    innerProduct ? .innerProduct : unitLength ? .unitLength : .factors
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let loaded = try damage.open(
      model, in: fileSystem, workers: GrantedCores.count(in: fileSystem))
    let output = output ?? "\(Path.trimmed(model)).\(format.rawValue)"
    let wasThere = try StopSignals.watch { stop throws(Failure) in
      try FactorExport(loaded, vectors: vectors, isSpreadsheetSafe: spreadsheetSafe).write(
        format, to: output, in: fileSystem, stop: stop)
    }
    if wasThere { StandardError.noteComplete(output) }
    let (users, items) = (loaded.model.ids.user.count, loaded.model.ids.item.count)
    let summary: JSONText = .object([
      ("output", .string(output)), ("format", .string(format.rawValue)), ("users", .int(users)),
      ("items", .int(items)), ("rank", .int(loaded.model.rank)),
    ])
    try Output.write(
      "\(output): \(users.grouped) users and \(items.grouped) items at rank "
        + "\(loaded.model.rank)\n", orJSON: json ? summary : nil)
  }
}
