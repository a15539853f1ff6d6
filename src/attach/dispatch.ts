/**
 * Handles events one after the other. Handling one may cause another at once, e.g. a transport that fails synchronously: it waits
 * for its turn.
 */
export function createDispatch<Event>(handle: (event: Event) => void): (event: Event) => void {
  const queue: Event[] = [];
  let busy = false;
  return (event) => {
    if (busy) {
      queue.push(event);
      return;
    }
    busy = true;
    for (let next: Event | undefined = event; next !== undefined; next = queue.shift()) handle(next);
    busy = false;
  };
}
