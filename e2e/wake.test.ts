import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ExecutionEvent } from "../src/index.ts";
import { eventually } from "./support/demo.ts";
import { type BarePage, startBarePage } from "./support/page.ts";
import { type PlainChromium, startPlainChromium } from "./support/plain-chromium.ts";

/** A page that is frozen, offline, or in the back/forward cache: the browser's own events, in a real Chromium. */

let browser: PlainChromium;
let bare: BarePage;

beforeAll(async () => {
  browser = await startPlainChromium();
  bare = await startBarePage();
});
beforeEach(() => bare.proxy.refuse(503, { attaches: 0 }));
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await bare?.[Symbol.asyncDispose]();
});

/** What the page keeps of an execution. */
interface Followed {
  text: string;
  readonly events: ExecutionEvent[];
  exitCode: number | null | undefined;
  persisted: boolean;
  write(text: string): Promise<void>;
}

declare global {
  var followed: Followed;
}

/** A page that follows a `cat`. */
async function follow(): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(bare.url);
  await page.evaluate(async () => {
    const box = await new boxlite.BoxLite({ baseUrl: "/api" }).boxes.create({ image: "alpine:latest" });
    const execution = await box.exec("cat", [], { tty: false, stdinWhileDisconnected: "drop" });
    const stdin = execution.stdin.getWriter();
    const read = async <T>(stream: ReadableStream<T>, take: (value: T) => void) => {
      const reader = stream.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
    };
    const decoder = new TextDecoder();
    const followed: Followed = {
      text: "",
      events: [],
      exitCode: undefined,
      persisted: false,
      write: (text) => stdin.write(new TextEncoder().encode(text)),
    };
    globalThis.followed = followed;
    addEventListener("pageshow", (event) => {
      followed.persisted ||= event.persisted;
    });
    void read(execution.events, (event) => followed.events.push(event));
    void read(execution.stdout, (bytes) => {
      followed.text += decoder.decode(bytes, { stream: true });
    });
    execution.exit.then(({ exitCode }) => {
      followed.exitCode = exitCode;
    });
  });
  await write(page, "one\n");
  await eventually(() => textOf(page)).toBe("one\n");
  return page;
}

const textOf = (page: Page) => page.evaluate(() => followed.text);
const eventsOf = (page: Page) => page.evaluate(() => followed.events);
const typesOf = async (page: Page) => (await eventsOf(page)).map(({ type }) => type);
const write = (page: Page, text: string) => page.evaluate((typed) => followed.write(typed), text);

/** It is attached again, and what is written comes back: nothing was lost, nothing came twice. */
async function goesOn(page: Page): Promise<void> {
  const attaches = async () => (await typesOf(page)).filter((type) => type === "connected").length;
  await eventually(attaches).toBe(2);
  await write(page, "two\n");
  await eventually(() => textOf(page)).toBe("one\ntwo\n");
}

/** Another page is in front of it. */
async function hide(page: Page): Promise<Page> {
  const other = await browser.context.newPage();
  await other.bringToFront();
  await eventually(() => page.evaluate(() => document.visibilityState)).toBe("hidden");
  return other;
}

test("a page that is looked at again makes sure of its connection, and keeps it", async () => {
  const page = await follow();
  const other = await hide(page);
  expect(await typesOf(page)).toEqual(["connected"]);
  await page.bringToFront();
  await eventually(() => typesOf(page)).toEqual(["connected", "checking", "status", "checked"]);
  await write(page, "two\n");
  await eventually(() => textOf(page)).toBe("one\ntwo\n");
  await other.close();
});

test("a page that is looked at again finds out at once that its connection is dead", async () => {
  const page = await follow();
  const other = await hide(page);
  expect(bare.proxy.silence()).toBeGreaterThan(0);
  bare.proxy.refuse(503, { attaches: Number.POSITIVE_INFINITY });
  await page.bringToFront();
  await eventually(() => typesOf(page)).toContain("reconnecting");
  const events = (await eventsOf(page)).filter(({ type }) => type !== "status");
  expect(events.slice(1, 5)).toMatchObject([
    { type: "checking" },
    { type: "checked", alive: false },
    { type: "disconnected", cause: { kind: "silent" } },
    { type: "reconnecting", delay: 0 },
  ]);
  // Now the server knows, too, and frees the slot.
  bare.proxy.cut();
  bare.proxy.refuse(503, { attaches: 0 });
  await goesOn(page);
  await other.close();
});

test("a page that is frozen and resumed goes on: Chromium has cut its connection", async () => {
  const page = await follow();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await goesOn(page);
  expect(await typesOf(page)).toContain("woke");
});

test("a page that is online again attaches at once, although no timer fires any more", async () => {
  const page = await follow();
  // As in a background tab that is throttled for good: only short ones do.
  await page.evaluate(() => {
    const real = globalThis.setTimeout;
    const throttled = (callback: () => void, delay = 0) => real(callback, delay > 300 ? 2 ** 30 : delay);
    Object.assign(globalThis, { setTimeout: throttled });
  });
  await page.context().setOffline(true);
  bare.proxy.refuse(503, { attaches: Number.POSITIVE_INFINITY });
  bare.proxy.cut();
  const last = async () => (await eventsOf(page)).findLast(({ type }) => type === "reconnecting");
  await eventually(async () => {
    const event = await last();
    return event?.type === "reconnecting" && event.delay > 300 ? event.obstacle : undefined;
  }).toBe("unreachable");
  bare.proxy.refuse(503, { attaches: 0 });
  const before = (await eventsOf(page)).length;
  await page.context().setOffline(false);
  await goesOn(page);
  expect((await eventsOf(page)).slice(before).map(({ type }) => type)[0]).toBe("connected");
});

test("a page that comes back out of the back/forward cache goes on where it was", async () => {
  const page = await follow();
  await page.goto(`${bare.url}elsewhere`);
  // It is not loaded again.
  await page.goBack({ waitUntil: "commit" });
  await eventually(() => page.evaluate(() => globalThis.followed?.persisted)).toBe(true);
  await goesOn(page);
  expect(await typesOf(page)).toContain("woke");
});
