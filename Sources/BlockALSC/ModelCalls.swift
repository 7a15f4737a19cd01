import BlockALS
import BlockMatrix
import BlockStore
import Ranking
import Training
import Workers

final class ModelBox: Sendable {
  let place: ModelPlace
  let loaded: LoadedModel

  var model: FactorModel { loaded.model }
  /// The numbers of a row as C sees it: the factors, and the bias where there is one.
  var width: Int { model.rank + (model.hasBias ? 1 : 0) }

  init(_ place: ModelPlace, workers: Int = 1) throws(Failure) {
    self.place = place
    loaded = try place.load(workers: workers)
  }
}

/// What C is told by: called on the thread that trains, or on any.
public typealias Observer =
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<CChar>?
  ) -> Void

/// `blockals_train` of include/blockals.h.
@_cdecl("blockals_train")
public func train(
  _ ratings: UnsafeRawPointer?, _ path: UnsafePointer<CChar>?, _ settings: UnsafePointer<CChar>?,
  _ stop: UnsafeRawPointer?, _ observer: Observer?, _ context: UnsafeMutableRawPointer?,
  _ failure: FailureSlot?
) -> Handle? {
  result(failure) { () throws(Failure) in
    let ratings = try required(ratings, RatingsBox.self, "ratings").ratings
    var texts = try TextSettings(settings)
    let hyperparameters = try Hyperparameters(try texts.take(ModelSetting.table))
    let run = try RunSettings(try texts.take(RunSetting.table))
    let training = try TrainingSettings(
      run: run, workers: try texts.take("workers", Int.self) ?? 1,
      memory: try texts.take("memory", Int.self), fresh: try texts.take("fresh", Bool.self) ?? false
    )
    let showsProgress = try texts.take("progress", Bool.self) ?? false
    try texts.finish()
    guard run.holdoutMetric == nil else {
      throw Failure(.usage, setting: "holdout-metric", "is watched by the command alone")
    }
    let path = try path.map { path throws(Failure) in try checkedPath(path) }
    let lent = Lent((observer: observer, context: context))
    let place = try ModelTraining.run(
      on: ratings, into: path, hyperparameters: hyperparameters, settings: training,
      stop: stopRequest(stop),
      observe: { event in
        guard let observer = lent.pointer.observer,
          let text = event.told(showsProgress: showsProgress)?.text
        else { return }
        let owned = ownedText(text)
        observer(lent.pointer.context, owned)
        owned.deallocate()
      })
    return handle(try ModelBox(place, workers: training.workers))
  }
}

extension TrainingEvent {
  /// The event for C; `nil` where it is not told.
  fileprivate func told(showsProgress: Bool) -> JSONText? {
    switch self {
    case .started(let start):
      .object([
        ("event", .string("started")), ("completedIterations", .int(start.completedIterations)),
        ("iterations", .int(start.iterations)), ("workers", .int(start.workers)),
        ("instructionSet", .string(start.instructionSet)), ("users", .int(start.userCount)),
        ("items", .int(start.itemCount)), ("ratings", .int(start.ratingCount)),
        ("keepsRatings", .bool(start.keepsRatings)),
      ])
    case .progress(let progress):
      showsProgress
        ? .object([
          ("event", .string("progress")), ("iteration", .int(progress.iteration)),
          ("side", progress.side.map { .string($0.rawValue) } ?? .null),
          ("done", .int(progress.ratingsDone)), ("total", .int(progress.ratingCount)),
        ]) : nil
    case .phase: nil
    case .iteration(let report): report.json
    case .committed(let generation):
      .object([("event", .string("committed")), ("generation", .int(generation))])
    }
  }
}

/// `blockals_model_open` of include/blockals.h.
@_cdecl("blockals_model_open")
public func modelOpen(_ path: UnsafePointer<CChar>?, _ failure: FailureSlot?) -> Handle? {
  result(failure) { () throws(Failure) in
    handle(try ModelBox(.disk(try checkedPath(path))))
  }
}

/// `blockals_model_save` of include/blockals.h.
@_cdecl("blockals_model_save")
public func modelSave(
  _ model: UnsafeRawPointer?, _ path: UnsafePointer<CChar>?, _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let box = try required(model, ModelBox.self, "model")
    try box.place.save(box.loaded, to: try checkedPath(path))
  }
}

/// `blockals_model_facts` of include/blockals.h.
@_cdecl("blockals_model_facts")
public func modelFacts(
  _ model: UnsafeRawPointer?, _ failure: FailureSlot?
) -> UnsafeMutablePointer<CChar>? {
  result(failure) { () throws(Failure) in
    let box = try required(model, ModelBox.self, "model")
    let (facts, model) = (box.loaded.facts, box.model)
    let json = JSONText.object([
      ("users", .int(facts.userCount)), ("items", .int(facts.itemCount)),
      ("rank", .int(model.rank)), ("biases", .bool(model.hasBias)),
      ("mean", .number(Double(model.mean))), ("iteration", .int(facts.iteration)),
      ("digest", .string(try Digest.factors(model.rows))),
      ("lowestValue", .number(Double(facts.lowestValue))),
      ("highestValue", .number(Double(facts.highestValue))),
      ("settings", .words(facts.hyperparameters.settings)),
      ("run", .words(try facts.rules().settings)),
      (
        "history",
        .list(facts.history) { record in
          .object([
            ("objective", .number(record.objective)), ("rmse", .number(record.rmse)),
            ("holdoutRmse", .number(record.holdoutRmse)),
          ])
        }
      ),
    ])
    return ownedText(json.text)
  }
}

/// `blockals_model_factors` of include/blockals.h.
@_cdecl("blockals_model_factors")
public func modelFactors(
  _ model: UnsafeRawPointer?, _ side: Int32, _ factors: UnsafeMutablePointer<Float>?,
  _ count: Int64, _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let box = try required(model, ModelBox.self, "model")
    let rows = box.model.rows[try checkedSide(side)]
    let room = try checkedCount(count, "count")
    guard room >= rows.count * box.width else {
      throw Failure(.usage, at: "count", "\(rows.count * box.width) floats have no room")
    }
    guard room > 0 else { return }
    var next = try required(factors, "factors")
    for range in rows.ranges {
      let table = try rows.table(of: range)
      for row in 0..<table.rowCount {
        next.update(from: table.base + row * table.stride, count: box.width)
        next += box.width
      }
    }
  }
}

/// `blockals_model_id_bytes` of include/blockals.h.
@_cdecl("blockals_model_id_bytes")
public func modelIdBytes(_ model: UnsafeRawPointer?, _ side: Int32) -> Int64 {
  guard let model else { return 0 }
  return Int64(object(model, ModelBox.self).model.ids[side == 0 ? .user : .item].bytes.count)
}

/// `blockals_model_ids` of include/blockals.h.
@_cdecl("blockals_model_ids")
public func modelIds(
  _ model: UnsafeRawPointer?, _ side: Int32, _ bytes: UnsafeMutablePointer<UInt8>?,
  _ byteCount: Int64, _ offsets: UnsafeMutablePointer<Int64>?, _ offsetCount: Int64,
  _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let ids = try required(model, ModelBox.self, "model").model.ids[try checkedSide(side)]
    guard try checkedCount(byteCount, "byte_count") >= ids.bytes.count,
      try checkedCount(offsetCount, "offset_count") >= ids.offsets.count
    else { throw Failure(.usage, at: "byte_count", "the ids have no room") }
    let (bytes, offsets) = (try required(bytes, "bytes"), try required(offsets, "offsets"))
    for (place, byte) in ids.bytes.enumerated() { bytes[place] = byte }
    for (place, offset) in ids.offsets.enumerated() { offsets[place] = Int64(offset) }
  }
}

/// `blockals_model_free` of include/blockals.h.
@_cdecl("blockals_model_free")
public func modelFree(_ model: Handle?) { release(model, ModelBox.self) }
