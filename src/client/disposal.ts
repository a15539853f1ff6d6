/** Makes an object work with `await using`. */
export function withDispose<T extends object>(target: T, dispose: () => Promise<void>): T & AsyncDisposable {
  // WebKit has no such symbol yet, and a method under `undefined` would be one named "undefined".
  const symbol: symbol | undefined = Symbol.asyncDispose;
  if (symbol !== undefined) Object.defineProperty(target, symbol, { value: dispose });
  return target as T & AsyncDisposable;
}
