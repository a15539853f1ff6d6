import { BoxLite, type BoxLiteError, type Execution } from "boxlite-web";

const boxlite = new BoxLite({ baseUrl: "http://127.0.0.1:8100", token: "secret" });

const { stdout, exitCode } = await boxlite.run({ image: "alpine:latest", command: "uname", args: ["-a"] });
console.log(exitCode satisfies number | null, stdout satisfies string);

const box = await boxlite.boxes.create({ image: "alpine:latest" });
const execution: Execution = await box.exec("sh", ["-c", "for i in 1 2 3; do echo $i; sleep 1; done"]);
for await (const bytes of execution.stdout) console.log(new TextDecoder().decode(bytes));
const { outcome, signal, complete, delivered } = await execution.exit;
console.log(outcome, signal, complete, delivered.stdout.bytes);

await box.files.writeFile("/app/main.py", "print('hello')");
for await (const entry of await box.files.download("/app/out")) {
  if (entry.type === "file") console.log(entry.path, await entry.text());
}
await box.remove().catch(({ code, status }: BoxLiteError) => console.log(code, status));

// @ts-expect-error: types that could not be resolved would be `any`, and take this.
await box.exec("sh", { nonsense: true });
