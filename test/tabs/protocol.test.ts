import { describe, expect, test } from "vitest";
import { compareTerms, inboxOf, nameOf, parseCall, parseReply } from "../../src/tabs/protocol.ts";

const TERM = { number: 1, id: "a" };

test("executions have names of their own, and say which version speaks", () => {
  const names = [
    nameOf("http://h", "b", "e"),
    nameOf("http://h/b", "", "e"),
    nameOf("http://h", "b,e", ""),
    inboxOf(nameOf("http://h", "b", "e"), "m"),
  ];
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^boxlite-web\/1 /);
});

describe("what is no message of this version is ignored", () => {
  test.each([
    undefined,
    null,
    "join",
    [],
    {},
    { type: "unknown" },
    { type: "lead" },
    { type: "lead", term: { number: -1, id: "a" } },
    { type: "lead", term: { number: 1.5, id: "a" } },
    { type: "input", term: TERM, bytes: [1, 2] },
    { type: "resize", size: { cols: "80", rows: 24 } },
    {
      type: "join",
      from: "m",
      session: 1,
      term: null,
      stdout: { position: 0 },
      stderr: { position: 0, marks: 0 },
    },
  ])("call %j", (data) => expect(parseCall(data)).toBeUndefined());

  test.each([
    {
      type: "output",
      term: TERM,
      session: 1,
      number: 1,
      stream: "stdin",
      position: 0,
      bytes: new Uint8Array(1),
    },
    { type: "output", term: TERM, session: 1, number: 1, stream: "stdout", position: 0, bytes: "text" },
    { type: "event", term: TERM, session: 1, number: 1, event: { type: "exit" } },
    { type: "event", term: TERM, session: 1, number: 1, event: null },
    { type: "end", term: TERM, session: 1, number: 1, conclusion: { status: "won" } },
    { type: "ready", session: 1, number: 1, request: 1, refused: null },
  ])("reply %j", (data) => expect(parseReply(data)).toBeUndefined());
});

test("what is one is taken, after the copy that a channel makes", () => {
  const call = { type: "input", term: TERM, bytes: Uint8Array.of(1) };
  expect(parseCall(structuredClone(call))).toEqual(call);
  const reply = {
    type: "event",
    term: TERM,
    session: 1,
    number: 1,
    event: { type: "connected", attach: 1, purpose: "follow" },
  };
  expect(parseReply(structuredClone(reply))).toEqual(reply);
});

test.each([
  { kind: "exact", proof: "length" },
  { kind: "provisional" },
  { kind: "gap", missing: 0 },
  { kind: "gap", missing: 3, by: "gateway" },
  { kind: "ambiguous", policy: "skip" },
])("the verdict %j arrives whole", (verdict) => {
  const mark = { number: 0, at: 1, position: 1, verdict };
  const reply = { type: "mark", term: TERM, session: 1, number: 1, stream: "stdout", mark };
  expect(parseReply(structuredClone(reply))).toEqual(reply);
});

test("the later term has the higher number, or the greater id", () => {
  expect(compareTerms(TERM, { number: 2, id: "a" })).toBeLessThan(0);
  expect(compareTerms({ number: 2, id: "a" }, { number: 1, id: "z" })).toBeGreaterThan(0);
  expect(compareTerms(TERM, { number: 1, id: "b" })).toBeLessThan(0);
  expect(compareTerms(TERM, { ...TERM })).toBe(0);
});
