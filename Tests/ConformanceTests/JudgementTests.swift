import ParitySupport
import TestSupport
import Testing

@Suite struct `The doctor's judgement` {
  @Test(arguments: Vector.all("judgements")) func `facts are judged as the vector says`(vector: Vector) throws {
    let seen = DoctorOperations.judged(vector.content["given"] ?? [:])
    #expect(seen == vector.content["expect"], "\(seen.text)")
  }

  @Test func `a wrong expectation is seen`() throws {
    let vector = try #require(Vector.all("judgements").first)
    let other = try #require(Vector.all("judgements").last)
    #expect(DoctorOperations.judged(vector.content["given"] ?? [:]) != other.content["expect"])
  }
}
