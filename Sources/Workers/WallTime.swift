extension ContinuousClock.Instant {
  /// Wall time since this instant, in seconds.
  package var seconds: Double {
    let (whole, fraction) = (ContinuousClock.now - self).components
    return Double(whole) + Double(fraction) * 1e-18
  }
}
