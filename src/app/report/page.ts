import { html, Markup } from "./markup.ts";
import { styleSheet } from "./style.ts";

/** A whole HTML document that loads nothing and runs no script: its pictures are inside. */
export function selfContainedPage(title: string, body: Markup): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta
        http-equiv="Content-Security-Policy"
        content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
      />
      <link rel="icon" href="data:," />
      <title>${title}</title>
      <style>
        ${new Markup(styleSheet)}
      </style>
    </head>
    <body>
      ${body}
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}
