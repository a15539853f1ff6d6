import type { ExecutionEvent } from "../../src/attach/events.ts";
import type { ExecutionExit } from "../../src/attach/exit.ts";
import type { OutputName } from "../../src/attach/frames.ts";
import { LARGEST_CHUNK, MINIMUM_OVERLAP } from "../../src/attach/replay/positioner.ts";
import type { AmbiguityPolicy } from "../../src/attach/replay/verdict.ts";
import { type Placed, placeDelivered, receivedOf, type StreamRecord, type VerdictEvent } from "./truth.ts";
import type { Run } from "./world.ts";

/** The invariants of SPEC.md, against what really happened. */

const STREAMS: readonly OutputName[] = ["stdout", "stderr"];

function isFlag({ verdict }: VerdictEvent): boolean {
  return verdict.kind === "gap" || verdict.kind === "ambiguous";
}

export function checkEvent(run: Run, event: ExecutionEvent): void {
  if (run.results.length > 0 && run.settings.level === "pump")
    run.violations.push(`I3: ${event.type} after the end`);
  const { checks } = run;
  if (event.type === "status") checks.running = event.status === "running";
  if (event.type !== "disconnected" || event.cause.kind !== "silent") return;
  // I9: a connection that nothing was wrong with is not given up.
  const explained = run.impairedUntil > run.now - event.cause.after || !run.settings.answersProbes;
  if (explained) checks.lost += 1;
  else if (checks.lost >= 2 && !checks.running) note(run, "probes were lost, and no status was to be had");
  else run.violations.push("I9: a healthy connection was given up as silent");
}

/** What holds at any time: until something is flagged, what was delivered is what the process wrote first. */
export function checkProgress(run: Run): void {
  if (run.results.length > 1) run.violations.push("I3: it has ended twice");
  for (const name of STREAMS) {
    const record = run.streams[name];
    const { length, checked } = record;
    if (length === checked) continue;
    record.checked = length;
    const { written, dropped } = run.server.streams[name];
    if (dropped > 0 || record.verdicts.some(({ verdict }) => verdict.kind !== "exact")) continue;
    if (
      length > written.length ||
      Buffer.compare(record.bytes.subarray(checked), written.subarray(checked, length)) !== 0
    ) {
      if (isLateStart(run, record)) continue;
      if (record.verdicts.length > 0 && !run.distinct) continue;
      run.violations.push(`I1 ${name}: bytes ${checked} to ${length} are not what the process wrote there`);
    }
  }
}

/** The first connection came when the backlog had been trimmed, which `serve` does not tell. */
function isLateStart(run: Run, record: StreamRecord): boolean {
  const first = record.accounts.find(({ received }) => received.length > 0)?.received[0];
  return run.settings.dialect === "serve" && first !== undefined && first.start > 0;
}

/** All of them, when it has ended. */
export function checkEnd(run: Run): void {
  for (const name of STREAMS) {
    const record = run.streams[name];
    if (run.settings.consumers[name] === "eager" && !failedWith(record, "buffer_overflow", "discontinuity")) {
      checkPlaces(run, record);
    }
    checkStream(run, record);
  }
  checkResult(run);
}

/** I3: one result, and nothing in it is made up. */
function checkResult(run: Run): void {
  const { server, user, violations } = run;
  const [result] = run.results;
  if (run.results.length !== 1 || result === undefined) {
    violations.push(`I3: ${run.results.length} results`);
    return;
  }
  if (result.kind === "failed") return;
  const { exit } = result;
  if (user.letGo) violations.push("I3: it was let go, and has a result");
  if (exit.source === "kill") {
    if (!user.killed || exit.exitCode !== null) violations.push("I3: a kill that nobody asked for");
  } else if (exit.exitCode !== server.exitCode || server.exitCode === null) {
    violations.push(`I3: the exit code is ${exit.exitCode}, the process returned ${server.exitCode}`);
  }
  for (const name of STREAMS) checkDelivered(run, exit, run.streams[name]);
}

/** I4: what is called complete or proved is all there. */
function checkDelivered(run: Run, exit: ExecutionExit, record: StreamRecord): void {
  const { violations } = run;
  const { name } = record;
  const { written, dropped } = run.server.streams[name];
  const { bytes, proved } = exit.delivered[name];
  const all = record.ended?.error === undefined && !record.cancelled;
  if (all && record.length !== bytes) {
    violations.push(`I4 ${name}: ${bytes} bytes are said to be delivered, ${record.length} were read`);
  }
  const same = bytes === written.length && (!all || Buffer.compare(record.bytes, written) === 0);
  if (proved && !same) violations.push(`I4 ${name}: ${bytes} of ${written.length} bytes are called proved`);
  if (!exit.complete) return;
  if (record.verdicts.some(isFlag)) violations.push(`I4 ${name}: complete, in spite of a discontinuity`);
  const unknowable = run.settings.consumers[name] !== "eager" && !run.distinct;
  const excused = dropped > 0 || isLateStart(run, record) || run.coincidences.has(name) || unknowable;
  if (!same && !excused)
    violations.push(`I4 ${name}: ${bytes} of ${written.length} bytes are called complete`);
}

/** I2 and I8, from what the user sees. */
function checkStream(run: Run, record: StreamRecord): void {
  const { violations, settings } = run;
  const { name, verdicts, length } = record;
  if (run.results[0]?.kind === "exit") {
    const last = new Map(verdicts.map(({ position, verdict }) => [position, verdict.kind]));
    for (const [position, kind] of last) {
      if (kind === "provisional") violations.push(`I2 ${name}: the verdict at ${position} stays provisional`);
    }
  }
  if (settings.consumers[name] === "never" && length > settings.maxBufferedBytes) {
    violations.push(`I8 ${name}: ${length} bytes waited, ${settings.maxBufferedBytes} may`);
  }
  if (failedWith(record, "buffer_overflow")) {
    const received = record.accounts.reduce((sum, account) => sum + receivedOf(account), 0);
    if (received <= settings.maxBufferedBytes) violations.push(`I8 ${name}: ${received} bytes overflowed`);
  }
  if (
    failedWith(record, "discontinuity") &&
    !verdicts.some((event) => isFlag(event) && event.position <= length)
  ) {
    violations.push(`I2 ${name}: it failed at a discontinuity that was not reported`);
  }
}

/** I1 and I2, by where each delivered byte really comes from. */
function checkPlaces(run: Run, record: StreamRecord): void {
  const { written } = run.server.streams[record.name];
  let end = 0;
  /** The length of the piece before. */
  let before = 0;
  const placed = placeDelivered(record.accounts);
  for (const piece of placed) {
    const length = piece.end - piece.start;
    const bytes = record.bytes.subarray(piece.position, piece.position + length);
    if (Buffer.compare(bytes, written.subarray(piece.start, piece.end)) !== 0) {
      run.violations.push(
        `I7 ${record.name}: what was delivered from ${piece.position} on was never sent so`,
      );
      return;
    }
    checkPlace(run, record, piece, end, before);
    checkMissing(run, record, piece.position, placed);
    end = piece.end;
    before = length;
  }
  // A replay of which nothing was new may have been taken for what was delivered, too.
  const last = record.accounts.at(-1);
  const reached = last?.received.at(-1)?.end;
  if (last === undefined || reached === undefined || last.delivered > 0 || reached === end) return;
  const nothing: Placed = { position: record.length, start: reached, end: reached, joined: last };
  if (isCoincidence(run, record, nothing, end, before)) run.coincidences.add(record.name);
}

/**
 * @param end Where the piece before ends in what the process wrote.
 * @param before Its length.
 */
function checkPlace(run: Run, record: StreamRecord, piece: Placed, end: number, before: number): void {
  const { violations, settings } = run;
  /** How much of what the process wrote is missing at the place; negative: how much comes again. */
  const difference = piece.start - end;
  const { name } = record;
  const { position, joined } = piece;
  const here = record.verdicts.filter((event) => event.position === position);
  const place = `${name} at ${position} (${difference}): ${here.map(({ verdict }) => JSON.stringify(verdict)).join(", ")}`;
  // Where it ends without a result, a place that only content proves may be open.
  const settled = run.results[0]?.kind === "exit";
  if (settled && joined !== null && position > 0 && here.length === 0 && !joined.verdicts.some(isFlag)) {
    violations.push(`I2 no verdict, ${place}`);
  }
  // What was lost on the server's side is lost with any policy; `repeat` leaves out nothing that came.
  const leftOut = joined !== null && receivedOf(joined) > joined.delivered;
  const done = here.flatMap(({ verdict }) => (verdict.kind === "ambiguous" ? [verdict.policy] : []));
  const wrong = (policy: AmbiguityPolicy) =>
    policy === "repeat" ? difference > 0 && leftOut : difference < 0;
  // A connection before, which brought nothing new, may have been in doubt about the same place.
  // After a silent loss the content may fit only where the process did not write it: that cannot be told.
  const isLossy = run.server.streams[name].dropped > 0;
  if (
    !isLossy &&
    done.length > 0 &&
    done.every(wrong) &&
    !here.some(({ verdict }) => verdict.kind === "gap")
  ) {
    violations.push(`I2 not as the policy has it, ${place}`);
  }
  if (here.some(isFlag)) {
    if (difference === 0) note(run, "flagged although exact");
    if (difference === 0 && mustBeExact(run, record, piece)) violations.push(`I2 it could be told, ${place}`);
    return;
  }
  if (difference === 0) return;
  if (joined === null) note(run, "dropped by the server while it was sent");
  else if (position === 0 && settings.dialect === "serve") note(run, "attached late to serve");
  else if (isCoincidence(run, record, piece, end, before)) {
    run.coincidences.add(name);
    note(run, "joined where the same content stands twice");
  } else if (isSame(run, record, piece))
    note(run, "what the server dropped was the same as what came behind it");
  else violations.push(`I1 ${place}`);
}

/** Up to the end of a piece all is, byte for byte, what the process wrote, whichever bytes those were that came. */
function isSame(run: Run, record: StreamRecord, { position, start, end }: Placed): boolean {
  const length = position + end - start;
  const { written } = run.server.streams[record.name];
  return Buffer.compare(record.bytes.subarray(0, length), written.subarray(0, length)) === 0;
}

/**
 * `missing` is a lower bound: of what is missing at the place or, where the server dropped output while it was sent, at all
 * places from there on, for the first is where it shows.
 */
function checkMissing(run: Run, record: StreamRecord, position: number, placed: readonly Placed[]): void {
  const { name, verdicts } = record;
  const isLossy = run.server.streams[name].dropped > 0;
  let end = 0;
  let missing = 0;
  for (const piece of placed) {
    if (isLossy ? piece.position >= position : piece.position === position) {
      missing += Math.max(0, piece.start - end);
    }
    end = piece.end;
  }
  for (const { verdict, position: at } of verdicts) {
    if (at !== position || verdict.kind !== "gap" || verdict.missing <= missing) continue;
    run.violations.push(
      `I2 ${name} at ${position}: ${verdict.missing} bytes are called missing, ${missing} are`,
    );
  }
}

/** Output that never repeats itself, and a replay that overlaps with what was delivered by far: nothing is in doubt. */
function mustBeExact(run: Run, record: StreamRecord, { position, joined }: Placed): boolean {
  const { dropped } = run.server.streams[record.name];
  const first = joined?.received[0];
  if (!run.distinct || dropped > 0 || joined === null || first === undefined) return false;
  return position > 0 && receivedOf(joined) - joined.delivered >= 2 * MINIMUM_OVERLAP;
}

/**
 * The one assumption: content that joins does not stand twice in what the process wrote. Here it does, and out of sight: the
 * replay begins where nothing was delivered, and what it begins with was delivered once, long before.
 *
 * @param end Where what was delivered before ends in what the process wrote.
 * @param before How much of that goes up to there without a loss.
 */
function isCoincidence(
  run: Run,
  record: StreamRecord,
  { position, start, joined }: Placed,
  end: number,
  before: number,
): boolean {
  if (joined === null) return false;
  const { capacity } = run.settings;
  const skipped = receivedOf(joined) - joined.delivered;
  const common = Math.min(position, skipped);
  if (common < MINIMUM_OVERLAP || Math.min(before, end - (start - skipped)) >= MINIMUM_OVERLAP) {
    return false;
  }
  const delivered = Buffer.from(record.bytes);
  const content = delivered.subarray(position - common, position);
  const kept = delivered.subarray(Math.max(0, position - capacity), position);
  const body = content.subarray(0, Math.max(MINIMUM_OVERLAP, common - MINIMUM_OVERLAP));
  if (kept.indexOf(body) !== kept.lastIndexOf(body)) return false;
  const watched = Math.min(joined.delivered, Math.max(0, capacity - LARGEST_CHUNK - skipped));
  return !delivered.subarray(position - common + 1, position + watched).includes(content);
}

function note(run: Run, limit: string): void {
  run.knownLimits.set(limit, (run.knownLimits.get(limit) ?? 0) + 1);
}

function failedWith({ ended }: StreamRecord, ...codes: string[]): boolean {
  const error = ended?.error;
  return typeof error === "object" && error !== null && "code" in error && codes.includes(String(error.code));
}
