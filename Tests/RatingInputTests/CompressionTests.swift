import BlockMatrix
import CZlib
import CZstd
import RatingInput
import Testing

/// One gzip member.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = unsafe z_stream()
  _ = unsafe deflateInit2_(
    &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + 1000)
  let count = unsafe input.withUnsafeMutableBufferPointer { input in
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe stream.next_in = input.baseAddress
      unsafe stream.avail_in = UInt32(input.count)
      unsafe stream.next_out = output.baseAddress
      unsafe stream.avail_out = UInt32(output.count)
      _ = unsafe deflate(&stream, Z_FINISH)
      return unsafe Int(stream.total_out)
    }
  }
  _ = unsafe deflateEnd(&stream)
  return Array(output[..<count])
}

/// One zstd frame with a checksum.
private func zstd(_ bytes: [UInt8], windowLog: Int32? = nil) -> [UInt8] {
  let context = unsafe ZSTD_createCCtx()
  defer { _ = unsafe ZSTD_freeCCtx(context) }
  _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
  let count = unsafe output.withUnsafeMutableBytes { output in
    unsafe bytes.withUnsafeBytes { input in
      unsafe ZSTD_compress2(
        context, output.baseAddress, output.count, input.baseAddress, input.count)
    }
  }
  return Array(output[..<count])
}

struct CompressionTests {
  private let text: [UInt8] = {
    var text = ""
    for row in 0..<3000 { text += "user \(row * 7919 % 1000),item \(row),\(row % 10)\n" }
    return Array(text.utf8)
  }()

  @Test func `gz and zst are read like the text in them, of one part or several`() throws {
    let expected = try read([text]).ratings
    let half = text.count / 2
    for compress in [gzip, { zstd($0) }] {
      #expect(try read([compress(text)]).ratings == expected)
      let parts = compress(Array(text[..<half])) + compress(Array(text[half...]))
      #expect(try read([parts]).ratings == expected)
      #expect(try read([parts], workers: 3, chunkByteCount: 777).ratings == expected)
    }
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    #expect(try read([skippable + zstd(text)]).ratings == expected)
  }

  @Test func `a compressed empty text is an empty file`() {
    for empty in [gzip([]), zstd([])] {
      #expect(
        failure(of: empty)
          == Failure(.data, at: "a.csv", "the file is empty", hint: "it should hold ratings"))
    }
  }

  @Test func `a compressed file that was cut is refused at every length`() {
    let small = Array(text[..<400])
    for whole in [gzip(small), zstd(small)] {
      for length in 4..<whole.count {
        let failure = failure(of: Array(whole[..<length]))
        #expect(failure?.code == .data, "\(length)")
        #expect(failure?.message.contains("end early, after \(length) bytes") == true, "\(length)")
        #expect(failure?.hint == "the file was cut; fetch it again")
      }
    }
  }

  @Test func `a flipped bit in compressed data is refused`() {
    let small = Array(text[..<400])
    for (whole, first) in [(gzip(small), 10), (zstd(small), 4)] {
      for byte in first..<whole.count {
        for bit in 0..<8 {
          var damaged = whole
          damaged[byte] ^= 1 << UInt8(bit)
          // What still decodes must be the same text.
          guard let found = try? read([damaged]).ratings else { continue }
          #expect(found == (try? read([small]).ratings), "byte \(byte), bit \(bit)")
        }
      }
    }
  }

  @Test func `something else after gzip data is refused`() {
    let member = gzip(text)
    #expect(
      failure(of: member + Array("more".utf8))
        == Failure(
          .data, at: "a.csv", "after the gzip data, at byte \(member.count), stands something else",
          hint: "the file is damaged; fetch it again"))
  }

  @Test func `a frame that wants a window of gigabytes is refused`() {
    // A frame header without content size, window descriptor 2³⁰.
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA0, 0x01, 0x00, 0x00]
    #expect(
      failure(of: frame)
        == Failure(
          .data, at: "a.csv", "the zstd data need a window larger than 128 MiB",
          hint: "decompress it first: zstd -d --long=31"))
  }

  @Test func `a file that shrinks or grows while it is read is refused`() {
    for said in [text.count - 1, text.count + 1] {
      let text = text
      let input = RatingInput(name: "r.csv") { MemorySource(text, name: "r.csv", byteCount: said) }
      #expect(
        throws: Failure(
          .data, at: "r.csv",
          "the file changed while it was read: it had \(said) bytes, \(text.count) were there",
          hint: "wait until whatever writes it has ended")
      ) {
        try RatingReader([input], source: RatingSource(), workers: 2).read { _ in }
      }
    }
  }
}
