// What has the focus and is taken away, hidden or switched off leaves it to what is next to it, never to the page: there
// the next key would be JupyterLab's, in which X cuts the cell. Draws nothing.

const CAN_HAVE = "button, input, select, textarea, a[href], [tabindex]:not([tabindex='-1'])";

/** Whether something can have the focus now. */
export const canHave = (node) => node.isConnected && !node.disabled && node.getClientRects().length > 0;

/** What gets the focus of the first of these, of which each lies in the next; the first itself where it is there again. */
export function heirOf(chain) {
  if (canHave(chain[0])) return chain[0];
  for (const around of chain.slice(1).filter(canHave)) {
    const heir = [...around.querySelectorAll(CAN_HAVE)].find(canHave);
    if (heir) return heir;
  }
  return chain.at(-1);
}

/** Whether one of these changes may have taken the focus from the first of a chain. */
export function concerns(changes, chain) {
  return changes.some(({ type, target, removedNodes }) =>
    type === "childList" ? [...removedNodes].some((node) => chain.includes(node)) : chain.includes(target));
}

/** Looks after the focus within `root`, for as long as `signal` says. */
export function keepFocus(root, signal) {
  let chain = []; // what has the focus, and all around it up to the root
  const on = (target, name, act) => target.addEventListener(name, act, { signal, capture: true });
  on(document, "focusin", ({ target }) => {
    chain = [];
    if (root.contains(target)) for (let one = target; one !== root.parentNode; one = one.parentNode) chain.push(one);
  });
  on(document, "pointerdown", ({ target }) => {
    if (!root.contains(target)) chain = []; // a person leaves it
  });
  let isDue = false;
  const look = () => {
    isDue = false;
    const isFree = !document.activeElement || document.activeElement === document.body || document.activeElement === chain[0];
    if (!chain.length || !isFree || !root.isConnected) return;
    const heir = heirOf(chain);
    if (heir === document.activeElement) return;
    if (heir === root && !root.hasAttribute("tabindex")) root.tabIndex = -1;
    heir.focus({ preventScroll: true });
  };
  const watcher = new MutationObserver((changes) => {
    if (isDue || !chain.length || !concerns(changes, chain)) return;
    isDue = true;
    requestAnimationFrame(look);
  });
  watcher.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled", "hidden", "style"] });
  signal.addEventListener("abort", () => watcher.disconnect());
}
