/** Text that is HTML already; made by `html` alone, so that everything else gets escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text is escaped, lists are joined, null leaves nothing. */
export type MarkupValue = string | number | Markup | null | readonly MarkupValue[];

/** Template tag for HTML and inline SVG: every value is escaped unless it is `Markup`. */
export function html(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = strings[0]!;
  values.forEach((value, at) => {
    text += rendered(value) + strings[at + 1]!;
  });
  return new Markup(text);
}

function rendered(value: MarkupValue): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  return value.map(rendered).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
