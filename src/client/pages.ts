import { InvalidResponseError } from "../errors/index.ts";
import type { CallOptions } from "./call-options.ts";

/** Part of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Leads to the next page; absent on the last. */
  readonly nextPageToken?: string;
}

/**
 * A list, which is asked for as it is used: `for await (const box of boxlite.boxes.list())` fetches a page when it comes to it.
 * Servers without pages send everything as one.
 */
export interface List<T> extends AsyncIterable<T> {
  /** One page: the first, or the one that a token leads to. */
  page(pageToken?: string): Promise<Page<T>>;
  /** All of it. */
  all(): Promise<T[]>;
}

export interface ListOptions extends CallOptions {
  /** How many there are to be on a page at most, from 1 to 1,000. Default: the server's, 100. Servers without pages ignore it. */
  readonly pageSize?: number | undefined;
}

/** A server that gives so many pages never stops. */
const MAX_PAGES = 100_000;

export function createList<T>(page: (pageToken: string | undefined) => Promise<Page<T>>): List<T> {
  async function* items(): AsyncGenerator<T, void, undefined> {
    let token: string | undefined;
    for (let count = 0; count < MAX_PAGES; count += 1) {
      const { items, nextPageToken } = await page(token);
      yield* items;
      if (nextPageToken === undefined) return;
      if (nextPageToken === token) break;
      token = nextPageToken;
    }
    throw new InvalidResponseError("The server's list does not end: its page tokens lead nowhere.");
  }

  return {
    page,
    async all() {
      const all: T[] = [];
      for await (const item of items()) all.push(item);
      return all;
    },
    [Symbol.asyncIterator]: items,
  };
}

/** The query of a list. */
export function pageQuery({ pageSize }: ListOptions, pageToken: string | undefined) {
  return { pageSize: pageSize === undefined ? undefined : String(pageSize), pageToken };
}

/** A page as the servers send it; an empty token is none. */
export function toPage<T>(items: readonly T[], nextPageToken: string | undefined): Page<T> {
  return nextPageToken ? { items, nextPageToken } : { items };
}
