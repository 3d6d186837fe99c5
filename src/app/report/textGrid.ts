/** A column of a table in text. */
export interface GridColumn {
  readonly title: string;
  readonly align: "left" | "right";
}

/** A row of such a table. */
export interface GridLine {
  readonly cells: readonly string[];
  readonly style: "plain" | "best";
}

const gap = "  ";

export function left(title: string): GridColumn {
  return { title, align: "left" };
}

export function right(title: string): GridColumn {
  return { title, align: "right" };
}

/** Columns as wide as their widest cell; the best line is green where there is colour. */
export function textGrid(
  columns: readonly GridColumn[],
  lines: readonly GridLine[],
  { colour }: { readonly colour: boolean },
): string {
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...lines.map((line) => line.cells[at]!.length)),
  );
  const row = (cells: readonly string[]) =>
    cells
      .map((cell, at) =>
        columns[at]!.align === "left" ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
      )
      .join(gap)
      .trimEnd();
  const head = row(columns.map((column) => column.title));
  return [
    colour ? `\u001b[2m${head}\u001b[22m` : head,
    ...lines.map((line) => {
      const text = row(line.cells);
      return line.style === "best" && colour ? `\u001b[32;1m${text}\u001b[0m` : text;
    }),
  ].join("\n");
}
