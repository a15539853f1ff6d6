import { pathToFileURL } from "node:url";
import { BoxLite } from "boxlite-web";
import { answerWith } from "./child.ts";

/** The client, or the official one, in a process of its own: its arguments say which, and where that is installed. */
export interface Question {
  readonly url: string;
  readonly token: string;
  /** A command for `sh`, to be read to its end, or, with `watch`, to be read on while other questions come. */
  readonly script?: string;
  readonly watch?: boolean;
}

export interface Answer {
  readonly bytes: number;
  /** Milliseconds, and milliseconds of processor time. */
  readonly time: number;
  readonly cpu: number;
  /** Of what is watched: when something came (`Date.now()`), and the numbered lines that came again, or never. */
  readonly came: readonly number[];
  readonly repeated: number;
  readonly missing: number;
}

/** Calls back with each piece of a script's stdout; resolves with the exit code. */
type Run = (script: string, piece: (text: string | Uint8Array) => void) => Promise<number | null>;

/** As much of the official client as is used: its types are not installed here. */
interface Official {
  readonly JsBoxlite: { rest(options: object): { create(options: object): Promise<OfficialBox> } };
  readonly BoxliteRestOptions: new (options: object) => object;
  readonly ApiKeyCredential: new (key: string) => object;
}
interface OfficialBox {
  exec(command: string, args: string[]): Promise<OfficialExecution>;
}
interface OfficialExecution {
  stdout(): Promise<{ next(): Promise<string | null> }>;
  wait(): Promise<{ exitCode: number }>;
}

const [side, folder = ""] = process.argv.slice(2);
const watched = { came: [] as number[], repeated: 0, missing: 0 };
let run: Run | undefined;

answerWith(async ({ url, token, script, watch }: Question): Promise<Answer> => {
  run ??= await (side === "client" ? withClient(url, token) : withOfficial(url, token));
  const start = performance.now();
  const before = process.cpuUsage();
  let bytes = 0;
  if (script !== undefined && watch) {
    const decoder = new TextDecoder();
    const look = watchLines();
    void run(script, (piece) =>
      look(typeof piece === "string" ? piece : decoder.decode(piece, { stream: true })),
    );
  } else if (script !== undefined) {
    await run(script, (piece) => {
      bytes += piece.length;
    });
  }
  const { user, system } = process.cpuUsage(before);
  return { bytes, time: performance.now() - start, cpu: (user + system) / 1_000, ...watched };
});

async function withClient(baseUrl: string, token: string): Promise<Run> {
  const box = await new BoxLite({ baseUrl, token }).boxes.create({ image: "alpine:latest" });
  return async (script, piece) => {
    const execution = await box.exec("sh", ["-c", script]);
    for await (const bytes of execution.stdout) piece(bytes);
    return (await execution.exit).exitCode;
  };
}

async function withOfficial(url: string, token: string): Promise<Run> {
  const path = `${folder}/node_modules/@boxlite-ai/boxlite/dist/index.js`;
  const { JsBoxlite, BoxliteRestOptions, ApiKeyCredential }: Official = await import(
    pathToFileURL(path).href
  );
  const options = new BoxliteRestOptions({ url, credential: new ApiKeyCredential(token) });
  const box = await JsBoxlite.rest(options).create({ image: "alpine:latest" });
  return async (script, piece) => {
    const execution = await box.exec("sh", ["-c", script]);
    const stdout = await execution.stdout();
    for (let text = await stdout.next(); text !== null; text = await stdout.next()) piece(text);
    return (await execution.wait()).exitCode;
  };
}

/** Of lines that are numbers from 1 on. */
function watchLines(): (text: string) => void {
  let rest = "";
  let last = 0;
  return (text) => {
    watched.came.push(Date.now());
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const number of lines.map(Number)) {
      if (number <= last) watched.repeated += 1;
      else watched.missing += number - last - 1;
      last = Math.max(last, number);
    }
  };
}
