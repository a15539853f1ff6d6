import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import GitHubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

export const ROOT = join(import.meta.dirname, "../..");

/** Where there are Markdown files that people read. */
const FOLDERS = [".", "docs", "demo", "demo/examples", "test/attach"];

/** Their paths, from the project's folder. */
export function markdownFiles(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => posix.join(folder, name)),
  );
}

export interface CodeBlock {
  readonly line: number;
  /** What stands behind the fence: the language, and what else. */
  readonly words: readonly string[];
  readonly code: string;
}

export interface Link {
  readonly line: number;
  readonly href: string;
}

export interface Markdown {
  readonly blocks: readonly CodeBlock[];
  /** Links and images. */
  readonly links: readonly Link[];
  /** Of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

export function readMarkdown(file: string): Markdown {
  const tokens = new MarkdownIt({ html: true }).parse(readFileSync(join(ROOT, file), "utf8"), {});
  const slugger = new GitHubSlugger();
  const blocks: CodeBlock[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  tokens.forEach((token, at) => {
    const line = (token.map?.[0] ?? 0) + 1;
    if (token.type === "fence") blocks.push({ line, words: token.info.split(/\s+/), code: token.content });
    if (tokens[at - 1]?.type === "heading_open") {
      const inner = token.children ?? [];
      const text = inner.map(({ type, content }) =>
        type === "text" || type === "code_inline" ? content : "",
      );
      anchors.add(slugger.slug(text.join("")));
    }
    for (const child of token.children ?? []) {
      const href = child.attrGet("href") ?? child.attrGet("src");
      if (href !== null) links.push({ line, href: String(href) });
    }
  });
  return { blocks, links, anchors };
}
