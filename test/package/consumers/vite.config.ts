import { boxliteGateway } from "boxlite-web/gateway/vite";

export default {
  plugins: [
    boxliteGateway({
      target: "http://127.0.0.1:8100",
      token: "secret",
      authorize: () => ({ allow: true }),
    }),
  ],
};

// @ts-expect-error: types that could not be resolved would be `any`, and take this.
boxliteGateway({ target: 1 });
