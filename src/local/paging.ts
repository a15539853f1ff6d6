import type { Box } from "./boxes.ts";
import type { Dialect } from "./dialect.ts";
import { refuse } from "./refusal.ts";

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1000;

/** One page of boxes, by what the query asks for. @throws Refusal */
export function pageOf(
  boxes: readonly Box[],
  query: URLSearchParams,
  dialect: Dialect,
): { boxes: Box[]; nextPageToken: string | null } {
  const size = readSize(query, dialect);
  const page = readPage(query, dialect);
  const status = query.get("status");
  const matching = boxes.filter((box) => status === null || box.status === status);
  const end = page * size;
  return {
    boxes: matching.slice(end - size, end),
    nextPageToken: end < matching.length ? toToken(page + 1) : null,
  };
}

function readSize(query: URLSearchParams, dialect: Dialect): number {
  const text = query.get("pageSize") ?? String(DEFAULT_SIZE);
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 1 || size > MAX_SIZE) {
    throw refuse.badPage(dialect, `pageSize must be an integer from 1 to ${MAX_SIZE}`);
  }
  return size;
}

function readPage(query: URLSearchParams, dialect: Dialect): number {
  const token = query.get("pageToken");
  if (token === null) return 1;
  try {
    const { page }: { page?: unknown } = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof page === "number" && Number.isSafeInteger(page) && page >= 1) return page;
  } catch {
    // Not JSON, or JSON that is no object.
  }
  throw refuse.badPage(dialect, "pageToken is not one that this server has given");
}

function toToken(page: number): string {
  return Buffer.from(JSON.stringify({ page })).toString("base64url");
}
