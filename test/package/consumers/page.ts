import { BoxLite } from "boxlite-web";

const boxlite = new BoxLite({ baseUrl: "/api" });
const box = await boxlite.boxes.create({ image: "alpine:latest" });
const execution = await box.exec("ping", ["-c", "4", "127.0.0.1"], { shared: true });
await execution.stdout
  .pipeThrough(new TextDecoderStream())
  .pipeTo(new WritableStream({ write: (text) => document.body.append(text) }));

const directory = await navigator.storage.getDirectory();
await box.files.upload("/app", directory);
await (await box.files.download("/app")).saveTo(directory);
