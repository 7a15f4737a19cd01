/// What each metric means: the same words in the help, in the documentation and here.
package enum MetricDefinitions {
  /// The definitions, for a person to read.
  package static let text = """
    Ratings
      pairs           test ratings that were compared with a prediction
      unknownPairs    test ratings left out: the model does not know their user or their item
      fallbackPairs   among the pairs: those predicted by the mean and the known bias alone, because
                      the other id is unknown (models with biases)
      rmse            √(Σ (r − r̂)² / pairs)
      mae             Σ |r − r̂| / pairs

    Rankings: L is a user's ranking, the k items with the highest scores without those excluded;
    T are the user's different test items. Each metric is the mean over the users that have factors
    and at least one test item. A test item that the model does not know, or that is excluded, stays
    in T: it is missed. (A partition's hold-out has no unknown items: `partition` counts them only.)
      users           users that were evaluated
      skippedUsers    users of the model without a test item
      precision@k     hits / k, also where the ranking is shorter
      recall@k        hits / |T|
      recall-truncated@k   hits / min(k, |T|): 1 is always within reach
      ndcg@k          Σ over hits of 1/log₂(place + 1), divided by the same sum for a ranking that
                      begins with min(k, |T|) hits
      map@k           Σ over hits of (hits up to its place / place), divided by min(k, |T|)
      mrr             1 / place of the first hit within the ranking, 0 without a hit
      hit-rate@k      the share of users with at least one hit
      coverage@k      the share of the model's items that are in at least one ranking

    """
}
