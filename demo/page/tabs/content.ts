import type { Connection } from "../network/connection.ts";

/** What a tab shows. */
export interface TabContent {
  readonly kind: "log" | "terminal";
  readonly element: HTMLElement;
  readonly connection: Connection;
  /** A few words: what it is. */
  readonly title: string;
  /** The id of the box that it is about. */
  readonly boxId: string;
  /** Where one goes on: the command, the terminal. */
  focus(): void;
  /** Ends what it has started. */
  close(): void;
}

/** What a tab's content tells of itself. */
export interface TabHost {
  /** Its title or its connection has changed. */
  changed(): void;
  /** A command was started or has ended, which may have changed the box. */
  boxUsed(): void;
}
