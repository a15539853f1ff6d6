import type { Box, ExecOptions, Execution } from "boxlite-web";

/** Bytes and SHA-256 (lower-case hex) of one stream. */
export interface Measured {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Recording {
  readonly stdout: Measured;
  readonly stderr: Measured;
}

/**
 * The command's output has to be measured where no network can have touched it: inside the box, on the process's side of
 * everything that is under test. `tee` is what both reads; the two FIFOs keep stdout and stderr apart, which a pipeline
 * would not, and give `wait` something to wait for, so that the files are whole when this ends. The code is the command's.
 *
 * $1: a directory to be made, $2: the command line.
 */
const RECORD = `
mkdir "$1" && mkfifo "$1/o" "$1/e" || exit 125
tee "$1/stdout" <"$1/o" &
tee "$1/stderr" <"$1/e" >&2 &
sh -c "$2" >"$1/o" 2>"$1/e"
code=$?
wait
exit "$code"
`;

/** Prints bytes and SHA-256 of the two files, one line each, and removes them. macOS has no sha256sum of its own. */
const MEASURE = `
cd "$1" || exit
for name in stdout stderr; do
  bytes=$(wc -c <"$name")
  sha256=$(if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi <"$name")
  echo "$bytes" "$sha256"
done
cd .. && rm -r "$1"
`;

/** Runs a command line whose output is recorded in `directory`, a new one in the box's own. It reads an empty stdin. */
export function execRecorded(
  box: Box,
  directory: string,
  commandLine: string,
  options: ExecOptions = {},
): Promise<Execution> {
  return box.exec("sh", ["-c", RECORD, "sh", directory, commandLine], { stdin: "", ...options });
}

/** What the process has written, as its recording says. Removes the recording. */
export async function measureRecording(box: Box, directory: string): Promise<Recording> {
  await using execution = await box.exec("sh", ["-c", MEASURE, "sh", directory], { stdin: "" });
  const { exitCode, stdout, stderr } = await execution.text();
  if (exitCode !== 0) throw new Error(`the recording cannot be read: ${stderr.trim() || `code ${exitCode}`}`);
  return parseRecording(stdout);
}

export function parseRecording(text: string): Recording {
  const [stdout, stderr] = [...text.matchAll(/^\s*(\d+)\s+([0-9a-f]{64})\b/gm)].map(
    ([, bytes, sha256 = ""]): Measured => ({ bytes: Number(bytes), sha256 }),
  );
  if (stdout === undefined || stderr === undefined) {
    throw new Error(`the recording cannot be read: expected two lines of bytes and SHA-256, got "${text}"`);
  }
  return { stdout, stderr };
}
