import * as v from "valibot";

/**
 * Objects of the wire and of this library, mapped onto each other: names are snake_case there and camelCase here. This is the one
 * place that does it, one level at a time, so that keys which are data (labels, environment variables) stay as they are.
 */

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type Output<E extends v.ObjectEntries> = { [Name in keyof E]: v.InferOutput<E[Name]> };

/** An object as it is handed out: what may be missing is an optional property. */
export type Fields<E extends v.ObjectEntries> = {
  readonly [Name in keyof E & string as undefined extends Output<E>[Name]
    ? never
    : CamelCase<Name>]: Output<E>[Name];
} & {
  readonly [Name in keyof E & string as undefined extends Output<E>[Name]
    ? CamelCase<Name>
    : never]?: NonNullable<Output<E>[Name]>;
};

/** What the servers may leave out, or send as null, which is the same. */
export function optional<S extends v.GenericSchema>(schema: S) {
  return v.nullish(schema);
}

/**
 * An object of the wire. Fields that are not known are kept, under their camelCase names; what is null is absent.
 */
export function fields<E extends v.ObjectEntries>(entries: E) {
  return v.pipe(
    v.looseObject(entries),
    v.transform((wire) => toCamelCase(wire, entries) as Fields<E>),
  );
}

function toCamelCase(wire: Readonly<Record<string, unknown>>, known: v.ObjectEntries): unknown {
  const taken = new Set(Object.keys(known).map(camelCase));
  const named: [string, unknown][] = [];
  for (const [name, value] of Object.entries(wire)) {
    const isKnown = Object.hasOwn(known, name);
    const camel = camelCase(name);
    if (isKnown ? value === undefined || value === null : taken.has(camel)) continue;
    named.push([camel, value]);
  }
  // Defines them, so that a field called `__proto__` is no more than that.
  return Object.fromEntries(named);
}

function camelCase(name: string): string {
  return name.replace(/(?!^)_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

type SnakeCase<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeCase<Rest>}`
  : Name;

/** The fields of a request, under the names of the wire. JSON leaves out what is undefined. */
export function toWire<T extends object>(
  value: T,
): { readonly [Name in keyof T & string as SnakeCase<Name>]: T[Name] } {
  const named = Object.entries(value).map(([name, field]) => [snakeCase(name), field]);
  return Object.fromEntries(named);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export const text = v.string();
export const number = v.number();
export const flag = v.boolean();
export const id = v.pipe(v.string(), v.nonEmpty());
