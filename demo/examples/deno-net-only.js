// A command from Deno, with no permission but the network's:
//   deno run --conditions=browser --allow-net=HOST:PORT deno-net-only.js URL TOKEN COMMAND [ARGUMENT…]
// By that condition Deno's own WebSocket is taken instead of the `ws` package, which reads the environment. Browsers can send no headers
// with it; Deno's can.
import { BoxLite } from "boxlite-web";

const [baseUrl, token, command, ...args] = Deno.args;
const boxlite = new BoxLite({
  baseUrl,
  token,
  webSocket: (url, { headers, protocols }) => new WebSocket(url, { headers, protocols: [...protocols] }),
});
const { stdout, stderr, exitCode } = await boxlite.run({ image: "alpine:latest", command, args });
await Deno.stdout.write(new TextEncoder().encode(stdout));
await Deno.stderr.write(new TextEncoder().encode(stderr));
Deno.exit(exitCode ?? 255);
