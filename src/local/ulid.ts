import { randomInt } from "node:crypto";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 26 characters, the first ten for the time. */
export function newUlid(): string {
  let time = Date.now();
  let id = "";
  for (let place = 0; place < 10; place += 1) {
    id = CROCKFORD.charAt(time % 32) + id;
    time = Math.floor(time / 32);
  }
  for (let place = 0; place < 16; place += 1) id += CROCKFORD.charAt(randomInt(32));
  return id;
}
