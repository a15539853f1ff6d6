/**
 * Where the document or worker is that this runs in; undefined outside of pages. Deno gives its own workers a location, too, and
 * whoever starts it may give it one.
 */
export function pageLocation(): Location | undefined {
  return "Deno" in globalThis ? undefined : globalThis.location;
}
