import type { Http } from "../rest/http.ts";
import { type Image, ImagePage, ImageSchema } from "../wire/image.ts";
import { exists } from "./boxes.ts";
import type { CallOptions } from "./call-options.ts";
import { createList, type List, type ListOptions, pageQuery, toPage } from "./pages.ts";

/** The images that the server keeps. The contract has them; no server has all of it today, and most end in an UnsupportedError. */
export interface Images {
  /**
   * Fetches an image, which may take minutes.
   *
   * @param reference E.g. `python:3.11-slim`.
   * @throws InvalidRequestError (`image_pull_failed`).
   */
  pull(reference: string, options?: CallOptions): Promise<Image>;
  list(options?: ListOptions): List<Image>;
  /**
   * @param id The digest of its manifest: `sha256:…`.
   * @throws NotFoundError
   */
  get(id: string, options?: CallOptions): Promise<Image>;
  exists(id: string, options?: CallOptions): Promise<boolean>;
}

export function createImages(http: Http): Images {
  return {
    pull: (reference, { signal } = {}) =>
      http.json({ operation: "images.pull", json: { reference }, signal }, ImageSchema),
    list(options = {}) {
      return createList(async (pageToken) => {
        const query = pageQuery(options, pageToken);
        const asked = { operation: "images.list", query, signal: options.signal } as const;
        const { images, nextPageToken } = await http.json(asked, ImagePage);
        return toPage(images, nextPageToken);
      });
    },
    get: (id, { signal } = {}) =>
      http.json({ operation: "images.get", params: { image: id }, signal }, ImageSchema),
    exists: (id, { signal } = {}) =>
      exists(http.send({ operation: "images.exists", params: { image: id }, signal })),
  };
}
