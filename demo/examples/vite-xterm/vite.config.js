import { boxliteGateway } from "boxlite-web/gateway/vite";

export default {
  plugins: [
    boxliteGateway({
      target: process.env.BOXLITE_REST_URL ?? "http://127.0.0.1:8100",
      token: process.env.BOXLITE_API_KEY,
      // For development: Vite lets this machine's pages in, and no others.
      authorize: () => ({ allow: true }),
    }),
  ],
  // The module waits for its box at its top level.
  build: { target: "es2022" },
};
