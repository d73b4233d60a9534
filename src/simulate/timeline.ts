/** What is going to happen, in order of time; what was put down first comes first. */
export type Action = () => void;

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly action: Action;
}

export class Timeline {
  /** Binary heap: no entry comes before its parent, the first of all is at 0. */
  readonly #heap: Entry[] = [];
  #entries = 0;
  #now = 0;

  /** Ms since the start. */
  get now(): number {
    return this.#now;
  }

  /** Times are rounded to whole ms; what is past happens at once. */
  at(time: number, action: Action): void {
    const heap = this.#heap;
    const entry = { time: Math.max(this.#now, Math.round(time)), order: this.#entries++, action };
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Entry;
      if (isBefore(parent, entry)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  /** Does everything that happens before `end`. */
  runUntil(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.time < end; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.time;
      next.action();
    }
    this.#now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop() as Entry;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Entry, heap[below] as Entry)) below++;
      if (isBefore(moved, heap[below] as Entry)) break;
      heap[place] = heap[below] as Entry;
      place = below;
    }
    heap[place] = moved;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
