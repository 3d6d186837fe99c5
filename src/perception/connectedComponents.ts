/** Maximal set of set pixels that hang together by edges (4-neighbourhood). */
export interface Component {
  readonly areaPx: number;
  /** Its pixels, from top to bottom: row-major places, each run within a row. */
  readonly runs: readonly Run[];
}

/** Set pixels side by side: from the first to the one before `end`. */
interface Run {
  readonly start: number;
  readonly end: number;
}

/**
 * Joins runs that touch one another from row to row.
 *
 * @param bits - row-major, 0 or 1.
 * @returns in row-major order of their first pixel.
 */
export function connectedComponents(bits: Uint8Array, widthPx: number): readonly Component[] {
  const runs = runsOf(bits, widthPx);
  const roots = joinRuns(runs, widthPx);
  const components = new Map<number, { areaPx: number; readonly runs: Run[] }>();
  for (const [at, run] of runs.entries()) {
    const root = rootOf(roots, at);
    const component = components.get(root) ?? { areaPx: 0, runs: [] };
    component.areaPx += run.end - run.start;
    component.runs.push(run);
    components.set(root, component);
  }
  // A root is the first run of its component, and a map keeps the order in which keys came.
  return [...components.values()];
}

/** Sets the pixels of some components. */
export function setComponents(bits: Uint8Array, components: readonly Component[]): void {
  for (const { runs } of components) {
    for (const { start, end } of runs) bits.fill(1, start, end);
  }
}

function runsOf(bits: Uint8Array, widthPx: number): readonly Run[] {
  const runs: Run[] = [];
  for (let start = bits.indexOf(1); start >= 0;) {
    const rowEnd = (Math.floor(start / widthPx) + 1) * widthPx;
    const unset = bits.indexOf(0, start);
    const end = unset < 0 ? rowEnd : Math.min(unset, rowEnd);
    runs.push({ start, end });
    start = bits.indexOf(1, end);
  }
  return runs;
}

/** @returns for each run an earlier one that it hangs together with, or itself. */
function joinRuns(runs: readonly Run[], widthPx: number): Int32Array {
  const roots = Int32Array.from(runs.keys());
  let above = 0;
  for (const [at, { start, end }] of runs.entries()) {
    while (runs[above]!.end <= start - widthPx) above++;
    for (let touching = above; runs[touching]!.start < end - widthPx; touching++) {
      const one = rootOf(roots, touching);
      const other = rootOf(roots, at);
      roots[Math.max(one, other)] = Math.min(one, other);
    }
  }
  return roots;
}

/** The first run of the component, as far as it is known; shortens the way there. */
function rootOf(roots: Int32Array, run: number): number {
  let at = run;
  while (roots[at] !== at) {
    roots[at] = roots[roots[at]!]!;
    at = roots[at]!;
  }
  return at;
}
