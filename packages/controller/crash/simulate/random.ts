/** Numbers that look random and follow from a seed: the additive generator of xoshiro128++ (Blackman and Vigna), seeded by a mixing counter. */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    let counter = seed >>> 0;
    for (let index = 0; index < 4; index += 1) {
      counter = (counter + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      this.#state[index] = mixed ^ (mixed >>> 16);
    }
  }

  /** From 0 to 1, exclusive. */
  readonly next = (): number => {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = (rotated(a + d, 7) + a) >>> 0;
    state[2] = c ^ a;
    state[3] = d ^ b;
    state[1] = b ^ (c ^ a);
    state[0] = a ^ (d ^ b);
    state[2] = c ^ a ^ (b << 9);
    state[3] = rotated(d ^ b, 11);
    return result / 0x1_0000_0000;
  };

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number of the closed interval. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }
}

const rotated = (value: number, bits: number): number => ((value << bits) | ((value >>> 0) >>> (32 - bits))) >>> 0;
