/**
 * Sets a formula with KaTeX, under a policy without inline styles.
 *
 * 1. A formula with anything that KaTeX holds for dangerous, or cannot set, stays as its source: no links, classes,
 *    styles or images.
 * 2. The tree becomes elements, never HTML text; the few style attributes in it are set through the object model.
 * 3. Sizes and macro expansions are bounded.
 */

/** The part of KaTeX's tree that is used here. */
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

/** Asked for by KaTeX before it makes a link, a class, a style or an image: such a formula is shown as it is written. */
const distrust = (): never => {
  throw new Error("a formula may not reach out of itself");
};

const styleSheet = "/vendor/katex/katex.css";

const loadStyle = (): Promise<void> =>
  new Promise((resolve) => {
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

/** Style attributes are renamed before elements are made, and set on the elements afterwards. */
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

/** Puts the formula into an element in place of its source; one that KaTeX cannot set stays as it is. */
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
