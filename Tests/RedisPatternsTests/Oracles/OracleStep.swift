import RESP

/// One question to a structure in virtual time, and the answer that its definition gives, as a line of text.
struct OracleStep {
  let call: ScriptCall
  let expected: String
  let read: (RESPValue) throws -> String
}
