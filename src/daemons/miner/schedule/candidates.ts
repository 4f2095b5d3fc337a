import type { Load } from './assigner.ts';

/** Workers that can still take tasks of one class, cheapest first. */
export interface Candidates {
  /**
   * Returns the cheapest worker for which `accepts` returns `take`; the worker stays a candidate. `drop` removes a worker from the
   * candidates, `skip` passes over it for this call.
   */
  readonly best: (accepts: (worker: number) => 'take' | 'skip' | 'drop') => number | undefined;
}

interface Entry {
  readonly worker: number;
  spread: number;
  utilization: number;
  readonly types: number;
}

/**
 * Builds a heap of workers. An entry's cost (the assigner's spread, then utilization) is updated only when the entry reaches the top. This
 * suffices because costs only grow within a cycle. A call takes logarithmic time for each worker whose cost has changed.
 */
export function makeCandidates(
  workers: readonly number[],
  loads: readonly Load[],
  spreadOf: (worker: number) => number,
): Candidates {
  const heap: Entry[] = workers.map((worker) => {
    const { utilization, types } = loads[worker]!;
    return { worker, spread: spreadOf(worker), utilization, types };
  });
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at);

  return {
    best(accepts) {
      const aside: Entry[] = [];
      let found: number | undefined;
      while (found === undefined && heap.length > 0) {
        const top = heap[0]!;
        const spread = spreadOf(top.worker);
        const { utilization } = loads[top.worker]!;
        if (spread > top.spread || (spread === top.spread && utilization > top.utilization)) {
          top.spread = spread;
          top.utilization = utilization;
          sink(heap, 0);
          continue;
        }
        const answer = accepts(top.worker);
        if (answer === 'take') found = top.worker;
        else {
          removeTop(heap);
          if (answer === 'skip') aside.push(top);
        }
      }
      for (const entry of aside) {
        heap.push(entry);
        rise(heap, heap.length - 1);
      }
      return found;
    },
  };
}

/** Compares costs part by part. */
export function compareCosts(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length; at += 1) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function less(a: Entry, b: Entry): boolean {
  return (
    (a.spread - b.spread || a.utilization - b.utilization || a.types - b.types || a.worker - b.worker) < 0
  );
}

function removeTop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  sink(heap, 0);
}

function sink(heap: Entry[], from: number): void {
  const entry = heap[from]!;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && less(heap[child + 1]!, heap[child]!)) child += 1;
    if (!less(heap[child]!, entry)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = entry;
}

function rise(heap: Entry[], from: number): void {
  const entry = heap[from]!;
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!less(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}
