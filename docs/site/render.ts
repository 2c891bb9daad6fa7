/** One page of the documentation as HTML. */
import { dirname, posix } from "node:path";
import { Marked } from "marked";
import { isRelative, pages, slugOf, targetOf, textOf } from "./pages.ts";

/** The path of a page in the site. */
export const placeOf = (page: string): string =>
  page.replace(/(^|\/)README\.md$/, "$1index.html").replace(/\.md$/, ".html");

const toPlace = (from: string, to: string): string => posix.relative(dirname(placeOf(from)), placeOf(to));

/** Pages link to pages; every other address stays as it is. */
const siteAddress = (page: string, address: string): string => {
  if (!isRelative(address)) return address;
  const { path, anchor } = targetOf(page, address);
  if (!pages.includes(path)) return address;
  return `${path === page ? "" : toPlace(page, path)}${anchor === "" ? "" : `#${anchor}`}`;
};

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

export const titleOf = (text: string): string => /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? "Agora";

const bodyOf = (page: string, text: string): string => {
  const writer = new Marked({
    walkTokens: (token) => {
      if (token.type === "link") token.href = siteAddress(page, String(token.href));
    },
    renderer: {
      heading({ tokens, text: heading, depth }) {
        return `<h${depth} id="${slugOf(heading)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  return writer.parse(text, { async: false });
};

const style = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { display: grid; grid-template-columns: 14rem minmax(0, 52rem); gap: 2rem; margin: 0 auto; padding: 1.5rem;
  max-width: 70rem; }
nav ul { list-style: none; padding: 0; position: sticky; top: 1.5rem; }
nav [aria-current] { font-weight: bold; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #8886; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: 0.8rem; background: #8881; border-radius: 6px; }
code { font: 0.9em ui-monospace, monospace; }
img { max-width: 100%; }
@media (max-width: 45rem) { body { display: block; } nav ul { position: static; } }
`;

const entry = (page: string, other: string): string => {
  const current = page === other ? ' aria-current="page"' : "";
  return `<li><a href="${toPlace(page, other)}"${current}>${escaped(titleOf(textOf(other)))}</a></li>`;
};

export const rendered = (page: string): string => {
  const text = textOf(page);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(titleOf(text))}</title>
<style>${style}</style>
</head>
<body>
<nav><ul>
${pages.map((other) => entry(page, other)).join("\n")}
</ul></nav>
<main>
${bodyOf(page, text)}</main>
</body>
</html>
`;
};
