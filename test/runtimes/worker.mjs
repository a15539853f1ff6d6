// In workerd, beside the package as it was installed: one request runs the suite.
import * as library from "boxlite-web";
import { runSuite } from "./suite.mjs";

export default {
  /** @param {Request} _ @param {{ readonly PLACE: string }} env */
  async fetch(_, env) {
    return Response.json(await runSuite(library, JSON.parse(env.PLACE)));
  },
};
