import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing

/// A model whose users are solved from its items, cell by cell, by the dense reference.
private struct Explained {
  let matrix = RatingMatrix.random(userCount: 30, itemCount: 40, ratingCount: 400, seed: 5)
  let settings: Hyperparameters
  let reference: ModelReference
  let items: FactorTable
  let stored: StoredModel
  let loaded: LoadedModel
  let partition: Partition

  init(_ settings: Hyperparameters) throws {
    self.settings = settings
    let mean = settings.hasBias ? 3.25 : 0
    reference = ModelReference(matrix: matrix, settings: settings, mean: mean)
    items = try .random(
      rowCount: matrix.itemCount, rank: settings.rank, hasBias: settings.hasBias, seed: 2)
    let users = try FactorTable(
      rowCount: matrix.userCount, rank: settings.rank, hasBias: settings.hasBias)
    for (user, row) in matrix.rows(.user).enumerated() {
      let x = reference.solve(row, fixed: items).x.map { Float($0) }
      users.setRow(user, factors: x.prefix(settings.rank), bias: settings.hasBias ? x.last ?? 0 : 0)
    }
    stored = try StoredModel(
      matrix, ids: PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item)),
      factors: PerSide(user: users, item: items), userBlocks: 3, hyperparameters: settings,
      mean: settings.hasBias ? mean : nil)
    loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    partition = try Partition.open(stored.partition, in: PosixFileSystem())
  }

  func explainer(_ user: Int) throws -> Explainer {
    try Explainer(UInt32(user), of: loaded, ratings: partition, workers: 2)
  }

  /// The parts of a score, from the equations with and without each rating.
  func parts(_ user: Int, _ item: Int) throws -> [UInt32: Double] {
    let row = matrix.rows(.user)[user]
    var (a, b) = reference.equations(row, fixed: items)
    let own = try loaded.model.rows.user.table(of: [UInt32(user)]).factors(0)
    let held = own.indices.filter { settings.isNonnegative && own[$0] == 0 }
    for position in held {
      for other in b.indices { (a[position][other], a[other][position]) = (0, 0) }
      a[position][position] = 1
    }
    let w = items.factors(item).map(Double.init) + (settings.hasBias ? [1] : [])
    var parts: [UInt32: Double] = [:]
    for place in row.indices {
      var others = row
      let column = others.remove(at: place).column
      var share = zip(b, reference.equations(others, fixed: items).b).map(-)
      for position in held { share[position] = 0 }
      parts[UInt32(column)] = zip(w, LinearSystem.solve(a, share)).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return parts
  }
}

@Suite struct `An explanation` {
  private static let models =
    NamedSettings.exact + [
      NamedSettings("spark") { rank throws(Failure) in
        try Hyperparameters(rank: rank, feedback: .implicit(Confidence(.spark, alpha: 2)))
      },
      NamedSettings("non-negative, implicit") { rank throws(Failure) in
        try Hyperparameters(
          rank: rank, feedback: .implicit(Confidence(.implicit, alpha: 40)), isNonnegative: true)
      },
      NamedSettings("biases, unscaled") { rank throws(Failure) in
        try Hyperparameters(
          rank: rank, regularization: 3, regularizationScaling: .unscaled, biasRegularization: 1)
      },
    ]

  @Test(arguments: models, [3, 20])
  func `has the parts that the row's equations give, and they sum to the score`(
    model: NamedSettings, rank: Int
  ) throws {
    let explained = try Explained(model.make(rank))
    for user in [0, 7, 29] {
      let explainer = try explained.explainer(user)
      for item in [UInt32(0), 11, 39] {
        let explanation = try explainer.explain(item)
        let expected = try explained.parts(user, Int(item))
        #expect(explanation.parts.count == expected.count)
        for part in explanation.parts {
          #expect(abs(part.value - (expected[part.item] ?? .nan)) < 1e-6)
        }
        let sum = explanation.parts.reduce(explanation.baseline ?? 0) { $0 + $1.value }
        #expect(abs(sum - Double(explanation.score)) < 1e-5)
        #expect(abs(explanation.rounding) < 1e-5)
        #expect((explanation.baseline != nil) == explained.settings.hasBias)
        let sizes = explanation.parts.map { abs($0.value) }
        #expect(sizes == sizes.sorted(by: >))
      }
    }
  }

  @Test(arguments: NamedSettings.approximate)
  func `of a row that is no solution is refused`(model: NamedSettings) throws {
    let explained = try Explained(Hyperparameters(rank: 3))
    let stored = try StoredModel(
      explained.matrix,
      ids: PerSide(user: explained.matrix.idTable(.user), item: explained.matrix.idTable(.item)),
      factors: PerSide(
        user: .random(
          rowCount: 30, rank: 3, hasBias: model.make(3).hasBias, seed: 1),
        item: .random(rowCount: 40, rank: 3, hasBias: model.make(3).hasBias, seed: 2)),
      hyperparameters: model.make(3))
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    let failure = #expect(throws: Failure.self) {
      _ = try Explainer(0, of: loaded, ratings: explained.partition, workers: 1)
    }
    #expect(failure?.code == .usage)
  }

  @Test func `of a row that its ratings do not give is refused`() throws {
    let settings = try Hyperparameters(rank: 3)
    let explained = try Explained(settings)
    let stored = try StoredModel(
      explained.matrix,
      ids: PerSide(user: explained.matrix.idTable(.user), item: explained.matrix.idTable(.item)),
      factors: PerSide(
        user: .random(rowCount: 30, rank: 3, seed: 1), item: .random(rowCount: 40, rank: 3, seed: 2)
      ), hyperparameters: settings)
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    let explainer = try Explainer(0, of: loaded, ratings: explained.partition, workers: 1)
    let failure = #expect(throws: Failure.self) { _ = try explainer.explain(1) }
    #expect(failure?.code == .data)
  }
}
