export interface JsonOption {
  readonly json?: true;
}

/** Prints a command's result on standard output: as JSON where asked for, else for people to read. */
export function print(options: JsonOption, value: unknown, lines: () => readonly string[]): void {
  console.log(options.json ? JSON.stringify(value) : lines().join("\n"));
}
