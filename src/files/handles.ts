/**
 * The part of the File System API's handles that is used. Its own fit; naming them would make every program that takes types from
 * here need those of the DOM.
 */
export type HandleLike = FileHandleLike | DirectoryHandleLike;

/** What is used of a `FileSystemFileHandle`. */
export interface FileHandleLike {
  readonly kind: "file";
  getFile(): Promise<File>;
  createWritable(): Promise<WritableStream<Uint8Array<ArrayBuffer>>>;
}

/** What is used of a `FileSystemDirectoryHandle`; its entries, too, where it is uploaded. */
export interface DirectoryHandleLike {
  readonly kind: "directory";
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandleLike>;
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<DirectoryHandleLike>;
}
