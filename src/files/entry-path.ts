/**
 * The path of an entry of an archive, in its one plain form: `a/b`, "" for the archive's own root. Undefined for one that leads out
 * of the destination: `..`, an absolute path, a NUL. The box is a Linux system, where `a\b` and `c:d` are names; who writes them onto
 * another looks at them again.
 */
export function plainPath(name: string): string | undefined {
  if (name.startsWith("/") || name.includes("\0")) return undefined;
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.includes("..") ? undefined : segments.join("/");
}

/** Whether a symbolic link at `path` stays below the archive's root. */
export function staysInside(path: string, target: string): boolean {
  if (target.startsWith("/") || target.includes("\0")) return false;
  let depth = path.split("/").length - 1;
  for (const segment of target.split("/")) {
    if (segment === "..") depth -= 1;
    else if (segment !== "" && segment !== ".") depth += 1;
    if (depth < 0) return false;
  }
  return true;
}

/** The directory of a path in the box, with a slash at its end, and the name in it. */
export function splitPath(path: string): { readonly directory: string; readonly name: string } | undefined {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (name === "" || name === "." || name === "..") return undefined;
  return { directory: slash === -1 ? "./" : path.slice(0, slash + 1), name };
}
