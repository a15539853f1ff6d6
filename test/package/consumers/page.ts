import { BoxLite } from "boxlite-web";

const boxlite = new BoxLite({ baseUrl: "/api" });
const box = await boxlite.boxes.create({ image: "alpine:latest" });
const execution = await box.exec("sh", ["-c", "for i in 1 2 3; do echo $i; sleep 1; done"], { shared: true });
await execution.stdout
  .pipeThrough(new TextDecoderStream())
  .pipeTo(new WritableStream({ write: (text) => document.body.append(text) }));

const directory = await navigator.storage.getDirectory();
await box.files.upload("/app", directory);
await (await box.files.download("/app")).saveTo(directory);
