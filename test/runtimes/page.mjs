// In browsers, bundled as an application would bundle it.
import * as library from "boxlite-web";
import { runSuite } from "./suite.mjs";

globalThis.runBoxLiteSuite = () =>
  runSuite(library, { direct: { baseUrl: "/api" }, cut: { baseUrl: "/cut" }, stranger: null });
