/** Which tabs there are, from left to right, and which one is shown. */
export interface TabOrder {
  readonly ids: readonly string[];
  /** Undefined: there is none. */
  readonly active: string | undefined;
}

export const NO_TABS: TabOrder = { ids: [], active: undefined };

/** A new tab at the end, shown. */
export function opened({ ids }: TabOrder, id: string): TabOrder {
  return { ids: [...ids, id], active: id };
}

export function activated(order: TabOrder, id: string): TabOrder {
  return order.ids.includes(id) ? { ...order, active: id } : order;
}

/** Without a tab. If it was shown, its right-hand neighbour is shown, or the left-hand one of the last. */
export function closed({ ids, active }: TabOrder, id: string): TabOrder {
  const index = ids.indexOf(id);
  if (index === -1) return { ids, active };
  const rest = ids.filter((each) => each !== id);
  return { ids: rest, active: active === id ? rest[Math.min(index, rest.length - 1)] : active };
}

/** Which tab a key of the tab list leads to from this one; undefined: it is no such key. */
export function tabForKey({ ids }: TabOrder, from: string, key: string): string | undefined {
  const index = ids.indexOf(from);
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    Home: 0,
    End: ids.length - 1,
  };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return step === undefined ? undefined : ids[(step + ids.length) % ids.length];
}
