/** How a secret may stand in what a server says: as it is, in JSON, in a URL. */
export function secretForms(secret: string): string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encoded(secret)])];
}

/** Half a surrogate pair cannot be in a URL, and a server that repeats it in one cannot either. */
function encoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    return secret;
  }
}
