import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as main from "../../src/index.ts";
import { operations } from "../../src/rest/operations.ts";
import { operationCalls } from "./operation-calls.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/api.md"), "utf8");

/** The rows of a table, by its first heading. */
function rowsOf(heading: string): string[][] {
  const [, table = ""] = document.split(new RegExp(`^\\| ${heading} \\|.*\\n\\|[-|]+\\n`, "m"));
  return (table.split("\n\n")[0] ?? "").split("\n").map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("the table has every operation, in order, with the contract's name for it", () => {
  const rows = rowsOf("operation").map(([name = "", , , contract = ""]) => [name, contract]);
  const contracts = new Map<string, string | null>(
    operationCalls.map((call) => [call.operation, call.contract]),
  );
  contracts.set("box.attach", null);
  contracts.set("execution.attach", "attachExecution");
  const expected = Object.keys(operations).map((name) => {
    const id = contracts.get(name);
    return [`\`${name}\``, id ? `\`${id}\`` : "–"];
  });
  expect(rows).toEqual(expected);
});

test("the table of errors has every class, but for their base", () => {
  const classes = rowsOf("class").map(([name = ""]) => name.replaceAll("`", ""));
  const exported = Object.keys(main).filter((name) => name.endsWith("Error") && name !== "BoxLiteError");
  expect(classes.sort()).toEqual(exported.sort());
});
