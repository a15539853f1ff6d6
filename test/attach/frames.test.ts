import { describe, expect, test } from "vitest";
import {
  decodeServerFrame,
  encodeResize,
  isLivenessAnswer,
  LIVENESS_PROBE,
} from "../../src/attach/frames.ts";

describe("binary", () => {
  test("channels 1 and 2 are stdout and stderr; the payload is a view, not a copy", () => {
    const message = new Uint8Array([1, 104, 105]);
    const frame = decodeServerFrame(message);
    expect(frame).toEqual({ kind: "output", stream: "stdout", bytes: new Uint8Array([104, 105]) });
    expect(frame.kind === "output" && frame.bytes.buffer).toBe(message.buffer);
    expect(decodeServerFrame(new Uint8Array([2, 33]))).toMatchObject({ kind: "output", stream: "stderr" });
  });

  test("a Buffer, as Node's sockets give it, comes out as a plain Uint8Array", () => {
    const frame = decodeServerFrame(Buffer.from([1, 65]));
    expect(frame.kind === "output" && Object.getPrototypeOf(frame.bytes)).toBe(Uint8Array.prototype);
  });

  test("nothing and a lone channel byte are empty, other channels are unknown", () => {
    expect(decodeServerFrame(new Uint8Array())).toEqual({ kind: "empty" });
    expect(decodeServerFrame(new Uint8Array([1]))).toEqual({ kind: "empty" });
    expect(decodeServerFrame(new Uint8Array([0, 1]))).toMatchObject({ kind: "unknown" });
    expect(decodeServerFrame(new Uint8Array([3, 1]))).toMatchObject({ kind: "unknown" });
  });
});

describe("text", () => {
  test.each([
    ['{"type":"exit","exit_code":-9}', { kind: "exit", exitCode: -9 }],
    ['{"type":"exit","exit_code":null}', { kind: "exit", exitCode: null }],
    ['{"type":"exit"}', { kind: "exit", exitCode: null }],
    ['{"type":"error","message":"m"}', { kind: "error", message: "m", code: null }],
    [
      '{"type":"error","message":"m","code":"read_only_attach"}',
      { kind: "error", message: "m", code: "read_only_attach" },
    ],
    ['{"type":"error"}', { kind: "error", message: '{"type":"error"}', code: null }],
    ["", { kind: "empty" }],
    ['{"type":"hello"}', { kind: "unknown", detail: 'a text frame of type "hello"' }],
    ["{}", { kind: "unknown", detail: "a text frame of type none" }],
    ["null", { kind: "unknown", detail: "a text frame that is no JSON object: null" }],
    ["{", { kind: "unknown", detail: "a text frame that is no JSON object: {" }],
  ])("%s", (text, frame) => {
    expect(decodeServerFrame(text)).toEqual(frame);
  });

  test("what is reported of an unknown frame is bounded", () => {
    const frame = decodeServerFrame("x".repeat(1_000_000));
    expect(frame.kind === "unknown" && frame.detail.length).toBeLessThan(300);
  });
});

test("the answer to the liveness probe is known by the type that it names", () => {
  const { type } = JSON.parse(LIVENESS_PROBE);
  expect(isLivenessAnswer(`unknown control type: ${type}`)).toBe(true);
  expect(isLivenessAnswer("unknown control type: other")).toBe(false);
});

test("a resize carries both sides", () => {
  expect(encodeResize({ cols: 120, rows: 40 })).toBe('{"type":"resize","cols":120,"rows":40}');
});
