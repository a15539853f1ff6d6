import { readFileSync } from "node:fs";
import { Converter, ReflectionKind } from "typedoc";

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));

/** The pages beside the reference, in their order: Markdown files that are read on GitHub, too. */
const pages = Object.entries(read("pages.json")).flatMap(([group, files]) =>
  files.map((file) => ({ group, file })),
);
const entries = Object.values(read("../package.json").exports).flatMap(({ types }) => types ?? []);

export default {
  name: "boxlite-web",
  includeVersion: true,
  tsconfig: "../tsconfig.json",
  entryPoints: entries.map((types) => types.replace("./dist", "../src").replace(".d.ts", ".ts")),
  readme: "../README.md",
  projectDocuments: pages.map(({ file }) => `../${file}`),
  out: "dist",
  plugin: [nameThings],
  sortEntryPoints: false,
  groupOrder: [...new Set(pages.map(({ group }) => group)), "Modules"],
  navigation: { includeGroups: true },
  highlightLanguages: ["html", "http", "js", "json", "nginx", "sh", "ts", "tsx"],
  searchInDocuments: true,
  // The sources come with the package; there is no place on the web to link to.
  disableGit: true,
  disableSources: true,
  // Types that are named by a public one, and are not public themselves.
  intentionallyNotExported: ["operations", "ROUTES", "RelayEvent"],
  treatWarningsAsErrors: true,
};

/** Pages are called by their heading and stand in their group; modules are called as they are imported. */
function nameThings({ converter }) {
  const groups = pages.map(({ group }) => group);
  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    document.name = /^# (.+)/.exec(document.content[0].text)[1];
    // They come in their order.
    document.frontmatter.group = groups.shift();
  });
  converter.on(Converter.EVENT_CREATE_DECLARATION, (_, declaration) => {
    if (!declaration.kindOf(ReflectionKind.Module)) return;
    declaration.name = declaration.name === "index" ? "boxlite-web" : `boxlite-web/${declaration.name}`;
  });
}
