import type { Execution } from "boxlite-web";

type Attributes = Record<string, string | number | boolean>;

/** What is used of a span of `@opentelemetry/api`. */
export interface Span {
  addEvent(name: string, attributes: Attributes): unknown;
  setStatus(status: { code: 2; message: string }): unknown;
  end(): void;
}

/** Makes span events of what happens to an execution's connection, and ends the span with the execution. */
export async function traceExecution({ events }: Pick<Execution, "events">, span: Span): Promise<void> {
  const reader = events.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const { type, ...fields } = next.value;
    span.addEvent(`boxlite.${type}`, flatten("", fields));
    if (next.value.type === "failed") span.setStatus({ code: 2, message: next.value.message });
  }
  span.end();
}

/** `{ verdict: { kind: "gap" } }` becomes `{ "verdict.kind": "gap" }`. What is null has no attribute. */
function flatten(name: string, value: unknown): Attributes {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return { [name]: value };
  const fields = Object.entries<unknown>(typeof value === "object" ? { ...value } : {});
  const parts = fields.map(([key, inner]) => flatten(name === "" ? key : `${name}.${key}`, inner));
  return Object.assign({}, ...parts);
}
