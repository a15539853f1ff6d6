import type { Box, Execution } from "boxlite-web";
import { outputMark } from "../../event-text.ts";
import { execRecorded, measureRecording } from "../../recording.ts";
import { compare } from "../../verdict.ts";
import { create, messageOf } from "../dom.ts";
import { createLogPane } from "../log/log-pane.ts";
import { createConnection } from "../network/connection.ts";
import type { TabContent, TabHost } from "../tabs/content.ts";
import { createCommandLine } from "./command-line.ts";
import { measure, receive } from "./received.ts";
import { createStreams } from "./streams.ts";
import { createVerdictView } from "./verdict-view.ts";

/** Sooner than by default: nobody wants to wait for 20 s to see what becomes of "Go silent". */
const LIVENESS = { silence: 5_000 };

/** A command, its two outputs, and what became of them. One command at a time. */
export function createRunTab(box: Box, host: TabHost): TabContent {
  const closed = new AbortController();
  const connection = createConnection(() => {
    if (connection.timeline !== undefined) line.showState(connection.timeline.state);
    host.changed();
  });
  const line = createCommandLine({ run: (commandLine) => void run(commandLine), stop });
  const stdout = createLogPane({ name: "stdout", signal: closed.signal });
  const stderr = createLogPane({ name: "stderr", signal: closed.signal });
  const verdict = createVerdictView();
  const problem = create("p", { class: "problem", role: "alert", hidden: true });
  const streams = createStreams(stdout.element, stderr.element);
  let title = "Command";
  let execution: Execution | undefined;

  function stop(): void {
    execution?.kill().catch(show);
  }

  function show(error: unknown): void {
    problem.hidden = false;
    problem.textContent = messageOf(error);
  }

  async function run(commandLine: string): Promise<void> {
    title = commandLine;
    problem.hidden = true;
    for (const pane of [stdout, stderr]) {
      pane.clear();
      pane.say("Nothing yet.");
    }
    line.setRunning("starting");
    verdict.wait("when the command has ended");
    connection.begin();
    try {
      await follow(commandLine);
    } catch (error) {
      if (closed.signal.aborted) return;
      show(error);
      line.showState({ kind: "bad", text: "failed" });
      verdict.wait("cannot be compared");
    } finally {
      execution = undefined;
      line.setRunning("no");
      for (const pane of [stdout, stderr]) pane.say("Nothing was written.");
      host.boxUsed();
    }
  }

  async function follow(commandLine: string): Promise<void> {
    const directory = `.recording-${crypto.randomUUID()}`;
    const started = await execRecorded(box, directory, commandLine, { liveness: LIVENESS });
    execution = started;
    // Closed while it was being started.
    if (closed.signal.aborted) return void started.kill().catch(() => {});
    line.setRunning("yes");
    host.boxUsed();
    const panes = { stdout, stderr };
    const followed = connection.follow(started.events, (event) => {
      const mark = outputMark(event);
      if (mark !== undefined) panes[mark.stream].mark(mark);
    });
    const [, , exit] = await Promise.all([
      receive(started.stdout, stdout.write),
      receive(started.stderr, stderr.write),
      started.exit,
    ]);
    await followed;
    if (closed.signal.aborted) return;
    verdict.wait("measuring");
    // A signal has ended the recorder, too; and if it was the box's stop, to measure would start the box again.
    const whole = exit.signal === null && exit.outcome !== "killed";
    const recording = whole
      ? await measureRecording(box, directory).catch(messageOf)
      : "the command was stopped before its output was recorded to the end";
    const received = { stdout: await measure(stdout.store), stderr: await measure(stderr.store) };
    verdict.show(compare(received, recording, exit));
  }

  for (const pane of [stdout, stderr]) pane.say("Run a command to see its output here.");
  verdict.wait("when a command has ended");
  line.samples.append(streams.choice);
  const element = create("div", { class: "run" }, line.element, problem, streams.element, verdict.element);

  return {
    kind: "log",
    element,
    connection,
    get title() {
      return title;
    },
    boxId: box.id,
    focus: line.focus,
    close() {
      closed.abort();
      execution?.kill().catch(() => {});
    },
  };
}
