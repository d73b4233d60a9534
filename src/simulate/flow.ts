/** The most that can flow through a network of pipes from one place to another (Dinic's method). */
export class FlowNetwork {
  /** Numbers of the pipes that leave each place; pipe n and pipe n ^ 1 are the two directions of one. */
  readonly #leaving: number[][];
  readonly #ends: number[] = [];
  readonly #room: number[] = [];
  /** Room below this is no room: what rounding leaves behind. */
  readonly #smallest: number;

  constructor(places: number, smallest: number) {
    this.#leaving = Array.from({ length: places }, () => []);
    this.#smallest = smallest;
  }

  connect(from: number, to: number, capacity: number): void {
    this.#pipesOf(from).push(this.#ends.length);
    this.#pipesOf(to).push(this.#ends.length + 1);
    this.#ends.push(to, from);
    this.#room.push(capacity, 0);
  }

  /** Fills the network and returns what arrives. */
  fill(source: number, sink: number): number {
    let arrived = 0;
    for (;;) {
      const distances = this.distancesFrom(source);
      if (distances[sink] === -1) return arrived;
      const tried = this.#leaving.map(() => 0);
      for (;;) {
        const pushed = this.#push(source, sink, Number.POSITIVE_INFINITY, distances, tried);
        if (pushed === 0) break;
        arrived += pushed;
      }
    }
  }

  /** Pipes to each place by the shortest way that still has room, -1 where there is none. */
  distancesFrom(source: number): readonly number[] {
    const distances = this.#leaving.map(() => -1);
    distances[source] = 0;
    const reached = [source];
    for (const place of reached) {
      for (const pipe of this.#pipesOf(place)) {
        const end = this.#ends[pipe] as number;
        if (distances[end] !== -1 || !this.#hasRoom(pipe)) continue;
        distances[end] = (distances[place] as number) + 1;
        reached.push(end);
      }
    }
    return distances;
  }

  /** Sends at most `amount` along one way in which every pipe leads further off; `tried` counts the pipes given up. */
  #push(place: number, sink: number, amount: number, distances: readonly number[], tried: number[]): number {
    if (place === sink) return amount;
    const pipes = this.#pipesOf(place);
    for (let i = tried[place] as number; i < pipes.length; i++) {
      tried[place] = i;
      const pipe = pipes[i] as number;
      const end = this.#ends[pipe] as number;
      if (distances[end] !== (distances[place] as number) + 1 || !this.#hasRoom(pipe)) continue;
      const pushed = this.#push(end, sink, Math.min(amount, this.#room[pipe] as number), distances, tried);
      if (pushed === 0) continue;
      this.#room[pipe] = (this.#room[pipe] as number) - pushed;
      this.#room[pipe ^ 1] = (this.#room[pipe ^ 1] as number) + pushed;
      return pushed;
    }
    tried[place] = pipes.length;
    return 0;
  }

  #hasRoom(pipe: number): boolean {
    return (this.#room[pipe] as number) > this.#smallest;
  }

  #pipesOf(place: number): number[] {
    return this.#leaving[place] as number[];
  }
}
