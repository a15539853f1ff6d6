import { expect, test } from "vitest";
import { createRedactor } from "../../src/gateway/redact.ts";
import { collectText } from "../support/collect.ts";

const TOKEN = 'a"secret/of+16=chars';

function streamOf(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        controller.enqueue(bytes.slice(from, cut));
        from = cut;
      }
      controller.close();
    },
  });
}

const text = `é${TOKEN}😀${TOKEN}, ${JSON.stringify(TOKEN)} and ?${encodeURIComponent(TOKEN)}😀`;
const expected = 'é(token)😀(token), "(token)" and ?(token)😀';

test("as it is, in JSON and in a URL", () => {
  expect(createRedactor(TOKEN).text(text)).toBe(expected);
  expect(createRedactor(undefined).text(text)).toBe(text);
});

test("in a body, wherever that is cut; every other character stays", async () => {
  const bytes = new TextEncoder().encode(text);
  for (let first = 0; first <= bytes.length; first += 1) {
    const second = Math.min(first + 3, bytes.length);
    expect(await collectText(createRedactor(TOKEN).body(streamOf(bytes, [first, second])))).toBe(expected);
  }
  const each = Array.from({ length: bytes.length }, (_, index) => index);
  expect(await collectText(createRedactor(TOKEN).body(streamOf(bytes, each)))).toBe(expected);
});

test("a body is held back by no more than the credential is long", async () => {
  const reader = createRedactor("0123456789abcdef")
    .body(streamOf(new TextEncoder().encode("x".repeat(100)), [50]))
    .getReader();
  const first = await reader.read();
  expect(first.value?.length).toBe(35);
  await reader.cancel();
});
