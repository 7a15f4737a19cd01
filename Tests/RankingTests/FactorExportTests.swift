import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing

/// Reads little-endian floats.
private func floats(_ bytes: some Collection<UInt8>) -> [Float] {
  let bytes = Array(bytes)
  return stride(from: 0, to: bytes.count, by: 4).map { start in
    Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
  }
}

@Suite struct `An export` {
  private let stored: StoredModel
  private let loaded: LoadedModel

  init() throws {
    stored = try StoredModel.tiny()
    loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
  }

  /// Exports and returns the bytes of a file.
  private func export(_ format: ExportFormat) throws -> (String) throws -> [UInt8] {
    try FactorExport(loaded).write(
      format, to: stored.folder.file("out"), in: PosixFileSystem())
    return { try stored.folder.read("out/\($0)") }
  }

  @Test func `to npy has NumPy's header and the floats row after row`() throws {
    let read = try export(.npy)
    let bytes = try read("users.npy")
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
    let spaces = String(repeating: " ", count: 118 - text.utf8.count - 1)
    #expect(Array(bytes.prefix(10)) == [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0])
    #expect(Array(bytes[10..<128]) == Array((text + spaces + "\n").utf8))
    #expect(floats(bytes[128...]) == [1, 2, 2, 1, 1, 0])
    #expect(floats(try read("items.npy").dropFirst(128)) == [2, 1, 1, 1, 1.5, 1, 0.5, -1])
    #expect(String(decoding: try read("users.ids.txt"), as: UTF8.self) == "ann\nzoë\nbob\n")
  }

  @Test func `to safetensors has the shape in the header and the floats behind it`() throws {
    let read = try export(.safetensors)
    let bytes = try read("items.safetensors")
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    #expect(length % 8 == 0)
    let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    #expect(
      header.split(separator: " ").first ?? "" == """
        {"__metadata__":{"side":"item"},"factors":{"dtype":"F32","shape":[4,2],\
        "data_offsets":[0,32]}}
        """)
    #expect(floats(bytes[(8 + length)...]) == [2, 1, 1, 1, 1.5, 1, 0.5, -1])
  }

  @Test func `to JSON lines is an object a row, with the biases of the model`() throws {
    let read = try export(.jsonl)
    #expect(
      String(decoding: try read("users.jsonl"), as: UTF8.self) == """
        {"id":"ann","factors":[1.0,2.0]}
        {"id":"zoë","factors":[2.0,1.0]}
        {"id":"bob","factors":[1.0,0.0]}

        """)
  }

  @Test(arguments: [false, true])
  func `of vectors for an inner product has the model's scores`(hasBias: Bool) throws {
    let (model, exported) = try exportVectors(.innerProduct, hasBias: hasBias)
    let predictor = try Predictor(model.model)
    let width = hasBias ? 6 : 4
    for user in 0..<3 {
      for item in 0..<4 {
        let product = (0..<width).reduce(Float(0)) { sum, position in
          sum + exported.user[user * width + position] * exported.item[item * width + position]
        }
        let score = try #require(predictor.predict(user: user, item: item))
        #expect(abs(product - score) <= 1e-5, "user \(user), item \(item)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `of vectors of length one has the directions of the factors`(hasBias: Bool) throws {
    let (model, exported) = try exportVectors(.unitLength, hasBias: hasBias)
    let items = try model.model.rows.item.table()
    for item in 0..<4 {
      let row = exported.item[item * 4..<item * 4 + 4]
      let factors = items.factors(item)
      let length = factors.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(zip(row, factors).allSatisfy { abs(Double($0) * length - Double($1)) < 1e-6 })
      #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-6)
    }
  }

  /// A model of rank 4 and the floats of both sides' files.
  private func exportVectors(
    _ vectors: ExportVectors, hasBias: Bool
  ) throws -> (LoadedModel, PerSide<[Float]>) {
    let stored = try StoredModel(
      TinyRatings.matrix,
      ids: PerSide(user: TinyRatings.idTable(.user), item: TinyRatings.idTable(.item)),
      factors: PerSide(
        user: .random(rowCount: 3, rank: 4, hasBias: hasBias, seed: 1),
        item: .random(rowCount: 4, rank: 4, hasBias: hasBias, seed: 2)),
      mean: hasBias ? 3.25 : nil)
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    try FactorExport(loaded, vectors: vectors).write(
      .npy, to: stored.folder.file("out"), in: PosixFileSystem())
    #expect(try PosixFileSystem().status(stored.folder.file("out/users.bias.npy")) == nil)
    let read = try PerSide { side in
      floats(try stored.folder.read("out/\(side.plural).npy").dropFirst(128))
    }
    return (try loaded.held(), read)
  }

  @Test func `to CSV and to LIBMF's model is text`() throws {
    let csv = try export(.csv)
    #expect(
      String(decoding: try csv("users.csv"), as: UTF8.self)
        == "id,f0,f1\nann,1.0,2.0\nzoë,2.0,1.0\nbob,1.0,0.0\n")
    try PosixFileSystem().removeTree(stored.folder.file("out"))
    let libmf = try export(.libmf)
    #expect(
      String(decoding: try libmf("model.txt"), as: UTF8.self) == """
        f 0
        m 3
        n 4
        k 2
        b 0.0
        p0 T 1.0 2.0\(" ")
        p1 T 2.0 1.0\(" ")
        p2 T 1.0 0.0\(" ")
        q0 T 2.0 1.0\(" ")
        q1 T 1.0 1.0\(" ")
        q2 T 1.5 1.0\(" ")
        q3 T 0.5 -1.0\(" ")

        """)
  }

  @Test func `says in export.json what it is`() throws {
    let read = try export(.npy)
    let text = String(decoding: try read("export.json"), as: UTF8.self)
    #expect(
      text.hasPrefix(
        """
        {"format":"npy","users":3,"items":4,"rank":2,"biases":false,"mean":0.0,"iteration":1,\
        "partitionDigest":"
        """))
  }

  @Test func `never writes over what is there, and leaves nothing beside it`() throws {
    let fileSystem = PosixFileSystem()
    try fileSystem.makeDirectory(stored.folder.file("out"), withParents: false)
    for format in ExportFormat.allCases {
      let failure = #expect(throws: Failure.self) {
        try FactorExport(loaded).write(format, to: stored.folder.file("out"), in: fileSystem)
      }
      #expect(failure?.code == .output)
    }
    #expect(try fileSystem.list(stored.folder.path) == ["model", "out", "ratings.blocks"])
  }
}

@Suite struct `An export with biases` {
  private let folder: TemporaryDirectory
  private let loaded: LoadedModel

  init() throws {
    let matrix = RatingMatrix.random(
      userCount: 9000, itemCount: 30, ratingCount: 20000, seed: 1)
    let stored = try StoredModel(
      matrix, ids: PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item)),
      factors: PerSide(
        user: .random(rowCount: matrix.userCount, rank: 3, hasBias: true, seed: 2),
        item: .random(rowCount: matrix.itemCount, rank: 3, hasBias: true, seed: 3)))
    folder = stored.folder
    loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    for format in ExportFormat.allCases {
      try FactorExport(loaded).write(
        format, to: folder.file(format.rawValue), in: PosixFileSystem())
    }
  }

  private func expected(_ side: Side) throws -> (factors: [Float], bias: [Float]) {
    let table = try loaded.model.rows[side].table()
    return ((0..<table.rowCount).flatMap(table.factors), (0..<table.rowCount).map(table.bias))
  }

  @Test(arguments: Side.allCases)
  func `keeps every bit, over more rows than are written at a time`(side: Side) throws {
    let (factors, bias) = try expected(side)
    let name = side.plural
    #expect(floats(try folder.read("npy/\(name).npy").dropFirst(128)) == factors)
    #expect(floats(try folder.read("npy/\(name).bias.npy").dropFirst(128)) == bias)
    let tensors = try folder.read("safetensors/\(name).safetensors")
    #expect(floats(tensors.suffix(4 * (factors.count + bias.count))) == factors + bias)
    let lines = String(decoding: try folder.read("csv/\(name).csv"), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines[0] == "id,bias,f0,f1,f2")
    let rows = lines.dropFirst().map { $0.split(separator: ",") }
    #expect(rows.map { Float($0[1]) ?? .nan } == bias)
    #expect(rows.flatMap { $0[2...].map { Float($0) ?? .nan } } == factors)
    #expect(String(rows[5][0]) == String(decoding: loaded.model.ids[side][5], as: UTF8.self))
  }

  @Test func `to LIBMF's model gives LIBMF the same predictions, at rank plus two`() throws {
    let lines = String(decoding: try folder.read("libmf/model.txt"), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines[3] == "k 5")
    func row(_ name: String) -> [Float] {
      let line = lines.first { $0.hasPrefix("\(name) T ") } ?? ""
      return line.split(separator: " ").dropFirst(2).map { Float($0) ?? .nan }
    }
    let predictor = try Predictor(loaded.model)
    for (user, item) in [(0, 0), (5000, 29), (77, 3)] {
      let product = zip(row("p\(user)"), row("q\(item)")).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(product - (predictor.predict(user: user, item: item) ?? .nan)) < 1e-5)
    }
  }
}
