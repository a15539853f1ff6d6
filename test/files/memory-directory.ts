/** A directory of the File System API, in memory: what a page gets of `showDirectoryPicker()`. */
export interface MemoryDirectory {
  readonly handle: FileSystemDirectoryHandle;
  /** What is in it, by path: a file's text, a directory (with a slash at its end) as null. */
  tree(): Record<string, string | null>;
}

interface Directory {
  readonly kind: "directory";
  readonly children: Map<string, Directory | MemoryFile>;
}

interface MemoryFile {
  readonly kind: "file";
  text: string;
}

export function memoryDirectory(content: Record<string, string | null> = {}): MemoryDirectory {
  const root: Directory = { kind: "directory", children: new Map() };
  for (const [path, text] of Object.entries(content)) put(root, path, text);
  return { handle: directoryHandle("", root), tree: () => treeOf(root, "") };
}

function put(root: Directory, path: string, text: string | null): void {
  let directory = root;
  const segments = path.split("/").filter((segment) => segment !== "");
  const name = text === null ? undefined : segments.pop();
  for (const segment of segments) directory = childDirectory(directory, segment);
  if (name !== undefined) directory.children.set(name, { kind: "file", text: text ?? "" });
}

function childDirectory({ children }: Directory, name: string): Directory {
  const child = children.get(name) ?? { kind: "directory", children: new Map() };
  if (child.kind === "file") throw new DOMException(`${name} is a file`, "TypeMismatchError");
  children.set(name, child);
  return child;
}

function treeOf({ children }: Directory, prefix: string): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  for (const [name, child] of children) {
    if (child.kind === "file") found[prefix + name] = child.text;
    else Object.assign(found, { [`${prefix}${name}/`]: null }, treeOf(child, `${prefix}${name}/`));
  }
  return found;
}

function directoryHandle(name: string, directory: Directory): FileSystemDirectoryHandle {
  const handle = {
    kind: "directory",
    name,
    async *entries() {
      for (const [key, child] of directory.children) {
        yield [key, child.kind === "file" ? fileHandle(key, child) : directoryHandle(key, child)];
      }
    },
    async getDirectoryHandle(key: string) {
      checkName(key);
      return directoryHandle(key, childDirectory(directory, key));
    },
    async getFileHandle(key: string) {
      checkName(key);
      const file: Directory | MemoryFile = directory.children.get(key) ?? { kind: "file", text: "" };
      if (file.kind === "directory") throw new DOMException(`${key} is a directory`, "TypeMismatchError");
      directory.children.set(key, file);
      return fileHandle(key, file);
    },
  };
  return handle as unknown as FileSystemDirectoryHandle;
}

function fileHandle(name: string, file: MemoryFile): FileSystemFileHandle {
  const handle = {
    kind: "file",
    name,
    getFile: async () => new File([file.text], name, { lastModified: 1_700_000_000_000 }),
    async createWritable() {
      const chunks: Uint8Array[] = [];
      return new WritableStream<Uint8Array>({
        write: (chunk) => void chunks.push(chunk),
        close() {
          file.text = Buffer.concat(chunks).toString();
        },
      });
    },
  };
  return handle as unknown as FileSystemFileHandle;
}

/** As browsers do. */
function checkName(name: string): void {
  if (name === "" || name === "." || name === ".." || /[/\\]/.test(name)) {
    throw new TypeError(`Name is not allowed: ${name}`);
  }
}
