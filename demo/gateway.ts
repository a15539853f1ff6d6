import type { ProxyOptions } from "vite";
import { refusalOf } from "./admission.ts";

/**
 * `/api/…` of the page's own origin, passed on to `target` without `/api` and with the credential: the page never has it, and
 * a browser could not send it with a WebSocket. What identifies the browser stays here: cookies are none of the server's
 * business, and it refuses web pages by their `Origin`.
 */
export function gateway(target: string, token: string): ProxyOptions {
  return {
    target,
    ws: true,
    changeOrigin: true,
    rewrite: (path) => path.replace(/^\/api/, ""),
    // Asked before anything is passed on, for requests and for upgrades, which have no response.
    bypass(request, response) {
      const { headers, method = "GET", url = "/" } = request;
      const refusal = refusalOf(headers, method, response === undefined ? "upgrade" : "request");
      if (refusal === undefined) {
        delete headers.origin;
        delete headers.cookie;
        headers.authorization = `Bearer ${token}`;
        return undefined;
      }
      if (response === undefined) {
        request.socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n${refusal}\n`);
      } else {
        response.writeHead(403, { "Content-Type": "text/plain; charset=utf-8" }).end(`${refusal}\n`);
      }
      // To Vite, a string means that this has been seen to.
      return url;
    },
  };
}
