import { Terminal } from "@xterm/xterm";
import { BoxLite } from "boxlite-web";
import { BoxLiteAddon } from "boxlite-web/xterm";

const terminal = new Terminal();
const box = await new BoxLite({ baseUrl: "/api" }).boxes.create({ image: "alpine:latest" });
const shell = await box.exec("sh", [], { tty: { cols: terminal.cols, rows: terminal.rows } });
terminal.loadAddon(new BoxLiteAddon(shell));

// @ts-expect-error: types that could not be resolved would be `any`, and take this.
terminal.loadAddon(new BoxLiteAddon({ nonsense: true }));
