/**
 * The local server in a process of its own, which can be killed, stopped, and have its clock set.
 *
 * Arguments: the server's options as JSON. Says its URL to its parent, and takes milliseconds by which its clock is to be ahead.
 */
import { createLoader } from "../../demo/load.mjs";

let ahead = 0;
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length > 0) super(...given);
    else super(Real.now() + ahead);
  }
  static now() {
    return Real.now() + ahead;
  }
};
process.on("message", (milliseconds) => {
  ahead = milliseconds;
  process.send({ ahead });
});
// Its parent is gone: the boxes go with it.
process.on("disconnect", () => server.close().then(() => process.exit()));

const loader = await createLoader();
const { startLocalServer } = await loader.load("/src/local/index.ts");
const server = await startLocalServer(JSON.parse(process.argv[2]));
process.send({ url: server.url });
