/**
 * What has to hold in every runtime, written against the public API and web standards only: it runs unchanged in Node, Deno, Bun and
 * browsers. Nothing here may need what one of them lacks: WebKit has no async iteration of streams, no `using` and no byte streams.
 */

/**
 * @typedef {typeof import("boxlite-web")} Library
 * @typedef {object} Place
 * @property {import("boxlite-web").BoxLiteOptions} direct A client of the server as it is.
 * @property {import("boxlite-web").BoxLiteOptions} cut A client whose attaches are cut, again and again.
 * @property {import("boxlite-web").BoxLiteOptions | null} stranger A client with a wrong token; null where the gateway has the token.
 */

/** @param {unknown} actual @param {unknown} expected @param {string} what */
function same(actual, expected, what) {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: expected ${other}, got ${one}`);
}

/** @template T @param {ReadableStream<T>} stream @param {(value: T) => void} take */
async function each(stream, take) {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Promise<unknown>} promise */
async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

/** @type {Record<string, (library: Library, place: Place) => Promise<void>>} */
export const scenarios = {
  async "output, stderr and exit code"({ BoxLite }, { direct }) {
    const { stdout, stderr, exitCode, outcome, complete } = await new BoxLite(direct).run({
      command: "sh",
      args: ["-c", "echo out; echo err >&2; exit 3"],
    });
    const got = { stdout, stderr, exitCode, outcome, complete };
    const expected = { stdout: "out\n", stderr: "err\n", exitCode: 3, outcome: "exited", complete: true };
    same(got, expected, "the result");
  },

  async "stdin, from a stream, to its end"({ BoxLite }, { direct }) {
    const box = await new BoxLite(direct).boxes.create();
    const stdin = new Blob(["line\n".repeat(50_000)]).stream();
    const { stdout } = await (await box.exec("wc", ["-l"], { stdin })).text();
    same(stdout.trim(), "50000", "the lines that arrived");
    const cat = await box.exec("cat");
    const writer = cat.stdin.getWriter();
    await writer.write(new TextEncoder().encode("größe"));
    await writer.close();
    same((await cat.text()).stdout, "größe", "what came back");
    await box.remove();
  },

  async "output over cuts, every byte once"({ BoxLite }, { cut }) {
    const box = await new BoxLite(cut).boxes.create();
    const execution = await box.exec("sh", ["-c", "seq 1 30000; echo end >&2"]);
    /** @type {string[]} */
    const types = [];
    const [{ stdout, stderr, exitCode, complete }] = await Promise.all([
      execution.text(),
      each(execution.events, ({ type }) => types.push(type)),
    ]);
    const lines = Array.from({ length: 30_000 }, (_, at) => `${at + 1}\n`).join("");
    same(stdout.length, lines.length, "the length of the output");
    same(stdout === lines, true, "the output is what the process wrote");
    same({ stderr, exitCode, complete }, { stderr: "end\n", exitCode: 0, complete: true }, "the end");
    const outages = types.filter((type) => type === "reconnecting" || type === "disconnected").length;
    if (outages < 3) throw new Error(`it was cut too seldom to prove anything: ${types.join()}`);
    await box.remove();
  },

  async "an abort kills, and rejects with its reason"({ BoxLite }, { direct }) {
    const box = await new BoxLite(direct).boxes.create();
    const controller = new AbortController();
    const execution = await box.exec("sleep", ["1000"], { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    same((await failureOf(execution.exit)) === reason, true, "the exit's failure is the reason");
    const control = box.execution(execution.id);
    // The kill goes out behind the caller's back.
    for (;;) {
      const failure = await control.status().then(
        () => null,
        (error) => error,
      );
      if (failure === null) continue;
      same(failure.name, "NotFoundError", "a killed execution is forgotten");
      break;
    }
    await box.remove();
  },

  async "signals, kills, and a handle that is disposed of"({ BoxLite }, { direct }) {
    const box = await new BoxLite(direct).boxes.create();
    const signalled = await box.exec("sleep", ["1000"]);
    await signalled.signal("SIGTERM");
    const { signal, exitCode } = await signalled.exit;
    same({ signal, exitCode }, { signal: 15, exitCode: -15 }, "SIGTERM's number and code");
    const killed = await box.exec("sleep", ["1000"]);
    await killed.kill();
    const { outcome } = await killed.exit;
    same(outcome === "killed" || outcome === "signaled", true, "a kill's outcome");
    if (Symbol.asyncDispose !== undefined) {
      const disposed = await box.exec("sleep", ["1000"]);
      await disposed[Symbol.asyncDispose]();
      await disposed.exit.catch(() => {});
      await box[Symbol.asyncDispose]();
      same(await new BoxLite(direct).boxes.exists(box.id), false, "a box that was disposed of is there");
    } else {
      await box.remove();
    }
  },

  async "typed errors"({ BoxLite, BoxLiteError }, { direct, stranger }) {
    const boxlite = new BoxLite(direct);
    const missing = await failureOf(boxlite.boxes.get("no-such-box"));
    const { name, status, operation, retryable } = missing;
    same([missing instanceof BoxLiteError, name], [true, "NotFoundError"], "a box that is not there");
    same([status, operation, retryable], [404, "box.get", false], "its details");
    const invalid = await failureOf(boxlite.boxes.create({ image: "" }));
    same(invalid.name, "InvalidRequestError", "an empty image");
    const nobody = new BoxLite({ ...direct, baseUrl: "http://127.0.0.1:9", retry: { limit: 0 } });
    same((await failureOf(nobody.boxes.get("b"))).name, "NetworkError", "a server that is not there");
    if (stranger !== null) {
      const refused = await failureOf(new BoxLite(stranger).boxes.list().all());
      same(refused.name, "AuthenticationError", "a wrong token");
    }
  },

  async lists({ BoxLite }, { direct }) {
    const boxlite = new BoxLite(direct);
    const made = [await boxlite.boxes.create(), await boxlite.boxes.create()];
    const ids = new Set();
    for await (const { id } of boxlite.boxes.list()) ids.add(id);
    for (const { id } of made) same(ids.has(id), true, "a box is in the list");
    for (const box of made) await box.remove();
  },

  async "files, up and down"({ BoxLite }, { direct }) {
    const box = await new BoxLite(direct).boxes.create();
    const bytes = new Uint8Array(400_000).map((_, at) => (at * 31) % 251);
    await box.files.writeFile("dir/bytes", bytes);
    await box.files.upload("dir", [
      { path: "größe.txt", data: "text" },
      { path: "sub/stream", data: new Blob([bytes]).stream(), size: bytes.length },
    ]);
    same(await digest(await box.files.readFile("dir/bytes")), await digest(bytes), "the bytes");
    same(await digest(await box.files.readFile("dir/sub/stream")), await digest(bytes), "the stream");
    /** @type {string[]} */
    const paths = [];
    for await (const { path, type } of await box.files.download("dir")) paths.push(`${type} ${path}`);
    const expected = ["directory sub", "file bytes", "file größe.txt", "file sub/stream"];
    same(paths.sort(), expected, "the entries");
    const archive = await new Response((await box.files.download("dir")).archive).blob();
    await box.files.upload("again", archive);
    await box.files.upload("again", new File(["named"], "named.txt"));
    same(await digest(await box.files.readFile("again/bytes")), await digest(bytes), "what an archive has");
    same(await box.files.readTextFile("again/named.txt"), "named", "what a File has");
    const failure = await failureOf(box.files.readFile("dir/nothing"));
    same(failure.name, "NotFoundError", "a file that is not there");
    await box.remove();
  },
};

/**
 * Runs all of it, and says of each scenario "ok" or what went wrong.
 *
 * @param {Library} library
 * @param {Place} place
 */
export async function runSuite(library, place) {
  /** @type {Record<string, string>} */
  const results = {};
  for (const [name, scenario] of Object.entries(scenarios)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("it took more than a minute")), 60_000);
    });
    try {
      await Promise.race([scenario(library, place), late]);
      results[name] = "ok";
    } catch (error) {
      results[name] = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    } finally {
      clearTimeout(timer);
    }
  }
  return results;
}
