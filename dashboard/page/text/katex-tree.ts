/**
 * Renders a formula with KaTeX under a content security policy without inline styles.
 *
 * 1. If KaTeX cannot render a formula or considers it unsafe (links, classes, styles, images), its source is shown.
 * 2. KaTeX's tree becomes DOM elements, never HTML text. Its few style attributes are set through the DOM API.
 * 3. Sizes and macro expansions are limited.
 */
import { hasServer } from "../state/api.ts";

/** The part of KaTeX's tree used here. */
interface TreeNode {
  readonly attributes?: Record<string, string>;
  readonly children?: readonly TreeNode[];
  toNode(): Node;
}

interface Katex {
  __renderToDomTree(source: string, options: Readonly<Record<string, unknown>>): TreeNode;
}

const options = {
  ...{ output: "htmlAndMathml", throwOnError: true, strict: "ignore" },
  ...{ maxSize: 12, maxExpand: 200, errorColor: "currentColor" },
};

/** KaTeX calls this before it creates a link, class, style or image. The error makes the page show the source. */
const distrust = (): never => {
  throw new Error("a formula may not use links, classes, styles or images");
};

const styleSheet = "/vendor/katex/katex.css";

/** A page in one file has the style sheet among its own. */
const loadStyle = (): Promise<void> =>
  new Promise((resolve) => {
    if (!hasServer()) return resolve();
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = styleSheet;
    link.onload = () => resolve();
    link.onerror = () => resolve();
    document.head.append(link);
  });

let loading: Promise<Katex> | undefined;

const loadKatex = (): Promise<Katex> => {
  loading ??= Promise.all([import("katex"), loadStyle()]).then(
    ([module]) => module.default as unknown as Katex,
  );
  return loading;
};

/** Renames style attributes before the elements are created; `setStyles` applies them afterwards. */
const renameStyles = (node: TreeNode): void => {
  const { attributes, children = [] } = node;
  if (attributes?.style !== undefined) {
    attributes["data-style"] = attributes.style;
    delete attributes.style;
  }
  for (const child of children) renameStyles(child);
};

const setStyles = (root: Element): void => {
  for (const element of root.querySelectorAll<HTMLElement>("[data-style]")) {
    element.style.cssText = element.dataset.style ?? "";
    element.removeAttribute("data-style");
  }
};

/** Replaces an element's source text with the rendered formula; if rendering fails, the source stays. */
export const typeset = async (element: Element, source: string, display: boolean): Promise<void> => {
  const katex = await loadKatex();
  try {
    const tree = katex.__renderToDomTree(source, { ...options, trust: distrust, displayMode: display });
    renameStyles(tree);
    const holder = document.createElement("span");
    holder.append(tree.toNode());
    setStyles(holder);
    element.replaceChildren(holder);
  } catch {
    element.textContent = source;
  }
};
