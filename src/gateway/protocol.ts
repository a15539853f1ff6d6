/** What a gateway and the client in a page say to each other, beyond BoxLite's own protocol. */

/** A header of every answer of a gateway: by it the client notices that it talks to one. */
export const GATEWAY_HEADER = "x-boxlite-gateway";

/**
 * The subprotocol of an attach through a gateway. With it the gateway accepts every upgrade that it may, and says what a
 * page cannot see otherwise: in text frames of type "gateway", and by close codes. No BoxLite server selects a subprotocol,
 * so it is offered to gateways only.
 */
export const GATEWAY_PROTOCOL = "boxlite-gateway.v1";

/** A second subprotocol that is offered with it, followed by a ticket: the only place for one that no log of URLs keeps. */
export const TICKET_PROTOCOL = "boxlite-ticket.";

/** How each text frame of the gateway begins; its event follows. */
export const GATEWAY_FRAME = '{"type":"gateway","event":"';

/** An upgrade that was refused with an HTTP status ends with the close code 4000 + status. */
export const REFUSED_CLOSE = 4000;

/** A text frame of the gateway. */
export type GatewayFrame =
  /** First frame of an attach: the server has accepted it. `execution_id` is known where the server names it (main session). */
  | { readonly event: "open"; readonly request_id?: string; readonly execution_id?: string }
  /** The only frame of an attach that was refused; a close with 4000 + status follows. */
  | {
      readonly event: "refused";
      readonly status: number;
      readonly message: string;
      readonly request_id?: string | undefined;
      readonly retry_after?: string | undefined;
    }
  /** Output was dropped here, because the page was too slow for it: so many bytes of that stream. The connection goes on. */
  | { readonly event: "dropped"; readonly stream: "stdout" | "stderr"; readonly bytes: number }
  /** Stdin comes faster than the server takes it: wait, until `resume`. */
  | { readonly event: "hold" }
  | { readonly event: "resume" };

export function encodeGatewayFrame({ event, ...fields }: GatewayFrame): string {
  return JSON.stringify({ type: "gateway", event, ...fields });
}
