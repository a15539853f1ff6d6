import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";

/** Upstream's contract is not part of this project. It is read where it lies beside it, or where the variable says. */
const place =
  process.env.BOXLITE_CONTRACT ??
  fileURLToPath(new URL("../../../shared/openapi/box.openapi.yaml", import.meta.url));

export type Schema = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly schema: Schema;
}

/** An operation of the contract, its references followed one level down. */
export interface ContractOperation {
  readonly id: string;
  readonly method: string;
  /** Behind `/v1`, with `{…}` for what stands in between. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Of a JSON body. */
  readonly body: Schema | undefined;
  readonly success: { readonly status: number; readonly schema: Schema | undefined };
}

export interface Contract {
  readonly operations: ReadonlyMap<string, ContractOperation>;
  /** Why a value does not fit, or undefined. */
  misfit(schema: Schema, value: unknown): string | undefined;
  /** A value that fits: with all that is optional, or without. */
  example(schema: Schema, whole: boolean): unknown;
}

export function readContract(): Contract | undefined {
  return existsSync(place) ? toContract(parse(readFileSync(place, "utf8"))) : undefined;
}

export const missing = `the contract is not at ${place}: set BOXLITE_CONTRACT to its place`;

// biome-ignore lint/suspicious/noExplicitAny: a document of somebody else's, walked through.
type Any = any;

function toContract(document: Any): Contract {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, validateFormats: false });
  ajv.addSchema(document, "contract");
  const follow = (node: Any): Any =>
    node?.$ref === undefined
      ? node
      : follow(
          node.$ref
            .slice(2)
            .split("/")
            .reduce((at: Any, name: string) => at[name], document),
        );
  const json = (content: Any): Schema | undefined => content?.["application/json"]?.schema;

  const operations = new Map<string, ContractOperation>();
  for (const [path, item] of Object.entries<Any>(document.paths)) {
    for (const [method, operation] of Object.entries<Any>(item)) {
      if (operation.operationId === undefined) continue;
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(follow);
      const success = Object.entries<Any>(operation.responses).find(([status]) => /^[12]/.test(status));
      operations.set(operation.operationId, {
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        parameters,
        body: json(operation.requestBody?.content),
        success: { status: Number(success?.[0]), schema: json(follow(success?.[1])?.content) },
      });
    }
  }

  /** References are the document's own: they are to be found from wherever a schema is used. */
  function rooted(schema: Any): Any {
    if (Array.isArray(schema)) return schema.map(rooted);
    if (typeof schema !== "object" || schema === null) return schema;
    const entries = Object.entries(schema).map(([key, value]) =>
      key === "$ref" ? [key, `contract${value}`] : [key, rooted(value)],
    );
    return Object.fromEntries(entries);
  }

  function example(schema: Any, whole: boolean): unknown {
    const { type, properties = {}, required = [], items, additionalProperties, ...about } = follow(schema);
    if (about.example !== undefined) return about.example;
    if (about.enum !== undefined) return about.enum[0];
    switch (type) {
      case "object": {
        const names = Object.keys(properties).filter((name) => whole || required.includes(name));
        const fields = names.map((name) => [name, example(properties[name], whole)]);
        const free = whole && typeof additionalProperties === "object" && { any: "text" };
        return { ...Object.fromEntries(fields), ...free };
      }
      case "array":
        return [example(items, whole)];
      case "integer":
      case "number":
        return about.minimum ?? 1;
      case "boolean":
        return true;
      default:
        return about.format === "date-time" ? "2026-11-01T00:00:00Z" : "text";
    }
  }

  return {
    operations,
    misfit(schema, value) {
      const validate = ajv.compile(rooted(schema));
      return validate(value) ? undefined : ajv.errorsText(validate.errors);
    },
    example,
  };
}
