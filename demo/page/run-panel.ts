import type { Box, ExecutionExit } from "boxlite-web";
import { outputMark } from "../event-text.ts";
import { execRecorded, measureRecording } from "../recording.ts";
import { compare, type Received } from "../verdict.ts";
import { createConnectionView } from "./connection-view.ts";
import { byId, create, messageOf } from "./dom.ts";
import { createOutputPane } from "./output-pane.ts";
import { receive } from "./received.ts";
import { SAMPLES } from "./samples.ts";
import { createVerdictView } from "./verdict-view.ts";

export interface RunPanel {
  /** From now on commands can be run. */
  use(box: Box): void;
}

/** Sooner than by default: nobody wants to wait for 20 s to see what becomes of "Go silent". */
const LIVENESS = { silence: 5_000 };

/** The command field, its two outputs, and what became of them. One command at a time. */
export function createRunPanel(problem: (error: unknown) => void): RunPanel {
  const form = byId("run-form", HTMLFormElement);
  const command = byId("command", HTMLInputElement);
  const runButton = byId("run", HTMLButtonElement);
  const stopButton = byId("stop", HTMLButtonElement);
  const stdoutPane = createOutputPane(byId("stdout", HTMLPreElement), byId("stdout-count", HTMLSpanElement));
  const stderrPane = createOutputPane(byId("stderr", HTMLPreElement), byId("stderr-count", HTMLSpanElement));
  const connection = createConnectionView();
  const verdict = createVerdictView();
  let box: Box | undefined;
  let stop: (() => Promise<void>) | undefined;
  let runs = 0;

  async function run(box: Box, commandLine: string): Promise<void> {
    const directory = `.recording-${++runs}`;
    stdoutPane.clear();
    stderrPane.clear();
    verdict.wait("when the command has ended");
    const execution = await execRecorded(box, directory, commandLine, { liveness: LIVENESS });
    stop = () => execution.kill();
    stopButton.disabled = false;
    const panes = { stdout: stdoutPane, stderr: stderrPane };
    const followed = connection.follow(execution.events, (event) => {
      const mark = outputMark(event);
      if (mark !== undefined) panes[mark.stream].mark(mark.position, mark.text);
    });
    const [stdout, stderr, exit] = await Promise.all([
      receive(execution.stdout, stdoutPane.write).finally(stdoutPane.end),
      receive(execution.stderr, stderrPane.write).finally(stderrPane.end),
      execution.exit,
    ]).finally(() => {
      stop = undefined;
      stopButton.disabled = true;
    });
    await followed;
    await judge(box, directory, { stdout, stderr }, exit);
  }

  async function judge(
    box: Box,
    directory: string,
    received: { readonly stdout: Received; readonly stderr: Received },
    exit: ExecutionExit,
  ): Promise<void> {
    verdict.wait("measuring");
    const recording = await measureRecording(box, directory).catch(messageOf);
    verdict.show(compare(received, recording, exit));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (box === undefined || runButton.disabled) return;
    runButton.disabled = true;
    problem(undefined);
    try {
      await run(box, command.value);
    } catch (error) {
      problem(error);
      verdict.wait("cannot be compared");
    } finally {
      runButton.disabled = false;
    }
  });
  stopButton.addEventListener("click", () => {
    stopButton.disabled = true;
    stop?.().catch(problem);
  });
  for (const { name, commandLine } of SAMPLES) {
    const button = create("button", name);
    button.type = "button";
    button.title = commandLine;
    button.addEventListener("click", () => {
      command.value = commandLine;
      form.requestSubmit();
    });
    byId("samples", HTMLSpanElement).append(button);
  }
  command.value = SAMPLES[0]?.commandLine ?? "";
  verdict.wait("when a command has ended");

  return {
    use(created) {
      box = created;
      runButton.disabled = false;
    },
  };
}
