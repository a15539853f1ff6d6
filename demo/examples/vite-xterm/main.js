import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { BoxLite } from "boxlite-web";
import { BoxLiteAddon } from "boxlite-web/xterm";

const terminal = new Terminal({ cursorBlink: true });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(document.querySelector("#terminal"));
fit.fit();
addEventListener("resize", () => fit.fit());

const box = await new BoxLite({ baseUrl: "/api" }).boxes.create({ image: "alpine:latest" });
const shell = await box.exec("sh", [], { tty: { cols: terminal.cols, rows: terminal.rows } });
terminal.loadAddon(new BoxLiteAddon(shell, { status: document.querySelector("#status") }));
terminal.focus();
