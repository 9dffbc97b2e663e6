/*
 * stall.ts - notices a player that neither plays nor loads although nothing is wrong that it knows of. Fed once a
 * second; `true` means: it has stood still for STALL_S seconds, do something.
 */
export const STALL_S = 8;
export type Vitals = { wants: boolean; position_s: number; bytes: number };

export class StallWatch {
  #last: Vitals = { wants: false, position_s: -1, bytes: -1 };
  #still = 0;

  tick(now: Vitals): boolean {
    const moved = now.position_s !== this.#last.position_s || now.bytes !== this.#last.bytes;
    this.#still = now.wants && !moved ? this.#still + 1 : 0;
    this.#last = now;
    if (this.#still < STALL_S) return false;
    this.#still = 0;
    return true;
  }
}
