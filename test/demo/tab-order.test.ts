import { describe, expect, test } from "vitest";
import { activated, closed, NO_TABS, opened, tabForKey } from "../../demo/page/tabs/tab-order.ts";

const abc = { ids: ["a", "b", "c"], active: "b" };

describe("tabs", () => {
  test("open at the end and are shown", () => {
    expect(opened(opened(NO_TABS, "a"), "b")).toEqual({ ids: ["a", "b"], active: "b" });
  });

  test("are shown when asked for, if they are there", () => {
    expect(activated(abc, "c").active).toBe("c");
    expect(activated(abc, "x").active).toBe("b");
  });

  test("that are closed leave their place to a neighbour", () => {
    expect(closed(abc, "b")).toEqual({ ids: ["a", "c"], active: "c" });
    expect(closed({ ...abc, active: "c" }, "c")).toEqual({ ids: ["a", "b"], active: "b" });
    expect(closed(abc, "a")).toEqual({ ids: ["b", "c"], active: "b" });
    expect(closed({ ids: ["a"], active: "a" }, "a")).toEqual(NO_TABS);
    expect(closed(abc, "x")).toEqual(abc);
  });

  test("are walked through by keys, round the ends", () => {
    const keys = ["ArrowLeft", "ArrowRight", "Home", "End", "x", "toString"];
    expect(keys.map((key) => tabForKey(abc, "b", key))).toEqual(["a", "c", "a", "c", undefined, undefined]);
    expect(tabForKey(abc, "c", "ArrowRight")).toBe("a");
    expect(tabForKey(abc, "a", "ArrowLeft")).toBe("c");
  });
});
