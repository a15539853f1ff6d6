import type { Box, BoxLite } from "boxlite-web";
import { messageOf } from "../dom.ts";

/** What is being done to a box. */
export type Doing = "starting" | "stopping" | "removing";

export interface BoxListState {
  readonly phase: "loading" | "ready" | "failed";
  readonly boxes: readonly Box[];
  /** Why the list is not known, or not known any more. */
  readonly problem: string | undefined;
  readonly creating: boolean;
  readonly doing: ReadonlyMap<string, Doing>;
}

/** The account's boxes, as last heard, and what is done to them. */
export interface BoxList {
  readonly state: BoxListState;
  /** Asks for the list. Failures are in the state. */
  refresh(): Promise<void>;
  /** @throws what the server says against it. */
  create(image: string, name: string | undefined): Promise<Box>;
  /** @throws as `create` does; so do the other two. */
  start(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Removes those that were created here, without waiting: the page is being left. */
  removeOwn(): void;
}

export function createBoxList(boxlite: BoxLite, changed: () => void): BoxList {
  let state: BoxListState = {
    phase: "loading",
    boxes: [],
    problem: undefined,
    creating: false,
    doing: new Map(),
  };
  const own = new Map<string, Box>();
  /** Of several answers, the one to the latest question counts. */
  let asked = 0;

  function set(next: Partial<BoxListState>): void {
    state = { ...state, ...next };
    changed();
  }

  async function refresh(): Promise<void> {
    const question = ++asked;
    try {
      const boxes = await boxlite.boxes.list().all();
      if (question === asked) set({ phase: "ready", boxes, problem: undefined });
    } catch (error) {
      if (question === asked) set({ phase: "failed", problem: messageOf(error) });
    }
  }

  async function change(id: string, doing: Doing, action: () => Promise<unknown>): Promise<void> {
    set({ doing: new Map([...state.doing, [id, doing]]) });
    try {
      await action();
    } finally {
      set({ doing: new Map([...state.doing].filter(([each]) => each !== id)) });
      await refresh();
    }
  }

  return {
    get state() {
      return state;
    },
    refresh,
    async create(image, name) {
      set({ creating: true });
      try {
        const box = await boxlite.boxes.create({ image, name });
        own.set(box.id, box);
        await box.start();
        return box;
      } finally {
        set({ creating: false });
        await refresh();
      }
    },
    start: (id) => change(id, "starting", () => boxlite.boxes.start(id)),
    stop: (id) => change(id, "stopping", () => boxlite.boxes.stop(id)),
    async remove(id) {
      await change(id, "removing", () => boxlite.boxes.remove(id, { force: true }));
      own.delete(id);
    },
    removeOwn() {
      for (const box of own.values()) box.remove({ force: true }).catch(() => {});
    },
  };
}

/** What a box is called: its name, or as much of its id as tells it from others. */
export function boxLabel({ id, name }: Pick<Box, "id" | "name">): string {
  return name ?? `…${id.slice(-6)}`;
}
