/** The chart's machine as texts to copy: for XState, for Stately's editor and as Mermaid. */
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { MachineView } from "../../view.ts";
import { html } from "../html.ts";
import { useResource } from "../state/resource.ts";

type Format = keyof MachineView;

const formats: Readonly<Record<Format, { readonly title: string; readonly about: string }>> = {
  config: {
    title: "XState",
    about:
      "A machine configuration as JSON, which XState v5's createMachine accepts. Guards, actions and actors stand in it by name.",
  },
  code: {
    title: "Stately",
    about:
      "Stately's editor imports code, but no address opens it with a definition. Copy this, open the editor, make a new machine, choose Import and paste.",
  },
  mermaid: {
    title: "Mermaid",
    about: "A stateDiagram-v2, which GitHub, GitLab and many editors draw inside a mermaid code block.",
  },
};

const editor = "https://stately.ai/editor";

const selectText = (element: HTMLElement): void => {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection()?.removeAllRanges();
  getSelection()?.addRange(range);
};

/** Browsers give pages the clipboard only on loopback and over HTTPS; elsewhere the selected text is copied. */
const copy = async (element: HTMLElement): Promise<boolean> => {
  const text = element.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    selectText(element);
    return document.execCommand("copy");
  }
};

const Text = ({ format, chart }: { format: Format; chart: string }): VNode => {
  const { data, problem } = useResource<MachineView>(`api/machines/${chart}`);
  const shown = useRef<HTMLPreElement>(null);
  const [said, say] = useState("");
  const press = async () => {
    if (shown.current === null) return;
    say(
      (await copy(shown.current))
        ? "Copied."
        : "The browser refused: the text is selected, copy it by keyboard.",
    );
  };
  return html`<div class="copy-body">
    <p>${formats[format].about}</p>
    <p>
      <button type="button" disabled=${data.value === undefined} onClick=${press}>Copy</button>
      ${format === "code" ? html` <a href=${editor} target="_blank" rel="noopener noreferrer">Open Stately's editor</a>` : null}
      <span role="status" class="quiet"> ${said}</span>
    </p>
    <pre ref=${shown} tabindex="0" aria-label=${`Definition for ${formats[format].title}`}>${data.value?.[format] ?? problem.value ?? "Loading…"}</pre>
  </div>`;
};

export const CopyMenu = ({ chart }: { chart: string }): VNode => {
  const [format, setFormat] = useState<Format | undefined>(undefined);
  const names = Object.keys(formats) as Format[];
  return html`<div class="copy-menu">
    <div role="group" aria-label="Copy the definition">
      <span class="quiet">definition for</span>
      ${names.map(
        (name) => html`<button
          key=${name}
          type="button"
          aria-expanded=${format === name ? "true" : "false"}
          onClick=${() => setFormat(format === name ? undefined : name)}
        >${formats[name].title}</button>`,
      )}
    </div>
    ${format === undefined ? null : html`<${Text} key=${format} format=${format} chart=${chart} />`}
  </div>`;
};
