import type { CallBody } from "./body.ts";
import { describeOperation, type OperationName, type OperationSpec, operations } from "./operations.ts";
import { withoutSecrets } from "./urls.ts";

/** One call of the REST API. */
export interface Call {
  readonly operation: OperationName;
  /** What stands for ids and names in its path, and for words in its messages. */
  readonly params?: Readonly<Record<string, string>>;
  /** What is undefined is not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly json?: unknown;
  readonly body?: CallBody | undefined;
  /** What is in the body and to be repeated in no error. */
  readonly secrets?: readonly string[] | undefined;
  /** `Accept`. Default JSON. */
  readonly accept?: string;
  /** Milliseconds for all of it, retries included, instead of the operation's. */
  readonly timeout?: number;
  /** Whether it may be repeated where that is safe. Default true. */
  readonly retry?: boolean;
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the request from being sent; one that is under way goes on. */
  readonly unless?: AbortSignal | undefined;
}

export function specOf(call: Call): OperationSpec {
  return operations[call.operation];
}

/** For messages: what was asked, and of whom. */
export function describeCall(call: Call, url: string): string {
  const action = describeOperation(call.operation, call.params ?? {});
  return `${action} (${specOf(call).method} ${withoutSecrets(url)})`;
}

/** The query of a call, with its question mark; "" where there is none. */
export function queryOf({ query = {} }: Call): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}
