/** The last bytes delivered on a stream, up to a capacity: what a replay is compared with. */
export interface History {
  append(bytes: Uint8Array): void;
  /** A copy of what is kept, oldest byte first. */
  copy(): Uint8Array;
}

const FIRST_SIZE = 4096;

/** Grows with what it is given, up to `capacity` bytes; from then on it is a ring. */
export function createHistory(capacity: number): History {
  let ring = new Uint8Array(0);
  let length = 0;
  let end = 0;

  function grow(needed: number): void {
    const size = Math.min(capacity, Math.max(FIRST_SIZE, ring.length * 2, needed));
    const larger = new Uint8Array(size);
    larger.set(copy());
    ring = larger;
    end = length % size;
  }

  function copy(): Uint8Array {
    if (length < ring.length || end === 0) return ring.slice(0, length);
    const whole = new Uint8Array(length);
    whole.set(ring.subarray(end));
    whole.set(ring.subarray(0, end), length - end);
    return whole;
  }

  return {
    append(bytes) {
      const kept = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes;
      if (length + kept.length > ring.length && ring.length < capacity) grow(length + kept.length);
      const first = Math.min(kept.length, ring.length - end);
      ring.set(first === kept.length ? kept : kept.subarray(0, first), end);
      if (first < kept.length) ring.set(kept.subarray(first), 0);
      end = (end + kept.length) % ring.length;
      length = Math.min(capacity, length + kept.length);
    },
    copy,
  };
}
