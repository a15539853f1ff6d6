import { readFileSync } from "node:fs";

/** `node scripts/check-release.mjs v1.2.3`, where the package is: whether all that names a version names this one. */
const version = (process.argv[2] ?? "").replace(/^v/, "");
const changelog = readFileSync("CHANGELOG.md", "utf8");
const obstacles = [];

for (const name of ["package.json", "jsr.json"]) {
  const named = JSON.parse(readFileSync(name, "utf8")).version;
  if (named !== version) obstacles.push(`${name} has the version ${named}, not ${version}.`);
}
const headings = changelog.matchAll(/^## (\S+) - \d{4}-\d\d-\d\d$/gm);
if (![...headings].some(([, named]) => named === version)) {
  obstacles.push(`CHANGELOG.md has no "## ${version} - <year>-<month>-<day>".`);
}

for (const obstacle of obstacles) console.error(obstacle);
process.exitCode = obstacles.length === 0 ? 0 : 1;
