import { fields, id, text } from "./fields.ts";

export const Tunnel = fields({ uri: id });

export const Inbound = fields({ mode: text });
